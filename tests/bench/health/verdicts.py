"""Where blackbox_exporter and we differ about the same targets, most of them bad ones."""

from probes import run

from tests.bench.health.blackbox import Blackbox
from tests.probes.mixed import mixed_targets

# As ours are judged unless a check says otherwise.
PAGE = {"valid_status_codes": list(range(200, 400)), "follow_redirects": False}
MODULES = {"page": PAGE, "follow": {**PAGE, "follow_redirects": True}}


def test_verdicts_beside_blackbox(peers, web, trusted, authority, tmp_path):
    program = peers / "usr/bin/prometheus-blackbox-exporter"
    blackbox = Blackbox(program, tmp_path, authority.bundle, MODULES)
    try:
        with mixed_targets(web, trusted) as mixed:
            ours = {
                result.key: result.verdict == "up"
                for result in run([target for target, _error in mixed.values()], per_host=100)
            }
            theirs = {
                name: blackbox.finds_good(
                    target.url,
                    "page" if target.request.redirects == "none" else "follow",
                    target.timeout,
                )
                for name, (target, _error) in mixed.items()
            }
    finally:
        blackbox.close()
    expected = {name: not error for name, (_target, error) in mixed.items()}
    print(f"\n\n{len(expected)} targets: those that are judged in another way than they deserve")
    for name, is_good in expected.items():
        for prober, seen in (("Ops Center", ours), ("blackbox", theirs)):
            if seen[name] != is_good:
                print(f"{prober:<12}{name:<28}{'up' if seen[name] else 'down'}")
    assert ours == expected
