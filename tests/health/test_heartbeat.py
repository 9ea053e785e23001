"""A job pings a real server and a real worker believes it; the log doesn't tell the address."""

import urllib.request
from urllib.parse import urlsplit

from tests.harness.processes import wait_until
from tests.health.test_watching import create_checks

CHECK = "ops.health.check"


def test_pings_are_believed_and_their_address_is_not_logged(database, start_server, start_worker):
    server = start_server(database, arguments=["--log-level=info"])
    worker = start_worker(database)
    call = server.session()
    rhythm = {"kind": "heartbeat", "interval": 3600, "grace": 600}
    [check] = create_checks(server, False, **rhythm)
    [fields] = call(CHECK, "read", [check], ["ping_url", "ping_token"])
    path = urlsplit(fields["ping_url"]).path

    def ping(suffix):
        # "http" only: it is the server that was started above.
        with urllib.request.urlopen(f"{server.url}{path}{suffix}", timeout=30) as answer:  # noqa: S310
            return answer.status

    def state():
        return call(CHECK, "read", [check], ["state"])[0]["state"]

    assert ping("/start?rid=1") == 200
    assert ping("?rid=1") == 200
    wait_until(lambda: state() == "up", 10, "the ping was not believed")
    assert ping("/1") == 200
    wait_until(lambda: state() == "down", 10, "the failure was not believed")
    log = server.log.read_text(encoding="utf-8")
    assert "/ops/ping/***/start?rid=1" in log
    for text in (log, worker.log.read_text(encoding="utf-8")):
        assert fields["ping_token"] not in text
