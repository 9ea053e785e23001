"""Real reports of real scanners, counted by others: see the README beside the samples."""

from collections import Counter
from pathlib import Path

import pytest
from ops_center_audit.importers import sarif

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "findings-samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample reports of other projects are not part of this one"
)


def observations(name):
    with (SAMPLES / name).open("rb") as stream:
        return [observation for _run, observation in sarif.read(stream).observations()]


@pytest.mark.parametrize(
    ("name", "expected", "suppressed"),
    [
        ("sarif__appendix_k1.sarif", 0, 0),
        ("sarif__appendix_k2.sarif", 1, 0),
        ("sarif__appendix_k4.sarif", 1, 1),
        ("sarif__bash-report.sarif", 27, 0),
        ("sarif__codeQL-output.sarif", 72, 0),
        ("sarif__dockle_0_3_15.sarif", 4, 0),
        ("sarif__suppression_test.sarif", 5, 3),
        ("sarif__taint-python-report.sarif", 11, 0),
        ("trivy-golden__alpine-310.sarif", 4, 0),
    ],
)
def test_every_result_arrives(name, expected, suppressed):
    found = observations(name)
    assert len(found) == expected
    assert sum(bool(observation.suppressed) for observation in found) == suppressed


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sarif__bash-report.sarif", {"info": 27}),
        ("sarif__codeQL-output.sarif", {"high": 11, "info": 57, "medium": 4}),
        ("sarif__taint-python-report.sarif", {"high": 8, "info": 2, "medium": 1}),
        ("trivy-golden__alpine-310.sarif", {"medium": 4}),
    ],
)
def test_severities(name, expected):
    assert Counter(observation.severity for observation in observations(name)) == expected


def test_paths_are_those_of_the_repository():
    paths = {observation.path for observation in observations("sarif__bash-report.sarif")}
    assert "docker/setEnv.sh" in paths
    assert not any(path.startswith(("/", "home/", "file:")) for path in paths)


def test_vulnerabilities_are_told_from_code():
    found = observations("trivy-golden__alpine-310.sarif")
    assert {observation.kind for observation in found} == {"vulnerability"}


def test_message_is_made_of_the_rule_and_the_arguments():
    (observation,) = observations("sarif__appendix_k2.sarif")
    assert observation.path == "src/collections/list.cpp"
    assert "count" in observation.message
