"""The probes from a plain shell."""

import json
import os
import subprocess
import sys

from .conftest import ADDON
from .support import closed_port


def command(*arguments):
    """Run the package as a folder, without the paths of the tests."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, str(ADDON / "probes"), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_all_up(web):
    port = f"tcp://127.0.0.1:{web.port}"
    done = command(web.url(), port)
    assert (done.returncode, done.stderr) == (0, "")
    heading, http, tcp = done.stdout.splitlines()
    assert heading.split() == [
        *("verdict", "status", "total", "dns", "connect", "tls", "first_byte", "transfer"),
        "address",
    ]
    assert http.split()[:2] == ["up", "200"]
    assert http.endswith(web.url())
    assert tcp.split()[:2] == ["up", "-"]
    assert len(http) - len(web.url()) == len(tcp) - len(port) == heading.index("address")


def test_one_down_says_why(web):
    refused = f"http://127.0.0.1:{closed_port()}"
    done = command(web.url(), refused)
    assert done.returncode == 1
    assert done.stdout.splitlines()[2].startswith("down ")
    assert f"{refused}: 127.0.0.1 refuses connections" in done.stdout


def test_every_kind(web):
    port = closed_port()
    urls = [
        f"tls://127.0.0.1:{port}",
        f"dns://127.0.0.1:{port}/shop.example",
        f"postgresql://me@127.0.0.1:{port}/shop",
    ]
    done = command("--timeout", "0.5", *urls, web.url())
    assert (done.returncode, done.stderr) == (1, "")
    _heading, *lines, good = done.stdout.splitlines()
    assert all(
        line.startswith("down ") and url in line for line, url in zip(lines, urls, strict=True)
    )
    assert good.startswith("up ")


def test_json(web):
    done = command("--json", web.url("/text?say=nonce"), web.url("/binary"))
    first, second = json.loads(done.stdout)
    assert first["key"] == web.url("/text?say=nonce")
    assert (first["verdict"], first["body"]) == ("up", "nonce")
    assert first["phases"]["total"] == first["latency_ms"]
    assert second["body"] == "\N{REPLACEMENT CHARACTER}" * 128


def test_timeout(web):
    done = command("--timeout", "0.3", web.url("/hang"))
    assert done.returncode == 1
    assert "not complete within 0.3 s" in done.stdout


def test_impossible_address_is_one_clear_line():
    done = command("example.com")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "probes: error: The address must start with http:// or https://"
    )


def test_request_is_sent_and_the_answer_judged(web):
    asked = ("--method", "POST", "--header", "X-A: b", "--data", '{"status": "ok"}')
    expected = ("--has-header", "Content-Type: text", "--contains", "POST /echo", "--status", "200")
    done = command(*asked, *expected, "--matches", "(?i)x-a: B", web.url("/echo"))
    assert done.returncode == 0, done.stdout
    done = command("--excludes", "X-A", *asked, web.url("/echo"))
    assert "must not contain" in done.stdout
    web.set_status(200, '{"queue": 5}')
    done = command("--holds", "$.queue < 5", web.url("/switch"))
    assert "The answer has 5, expected $.queue < 5." in done.stdout


def test_impossible_expectation_is_one_clear_line(web):
    done = command("--holds", "queue < 5", web.url())
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("probes: error: 'queue < 5' is not a condition.")
