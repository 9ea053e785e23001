"""Odoo of all versions, and what only looks like one."""

import json
import time

import pytest
from probes import AddressPolicy, OdooExpectation, Target, run

from tests.fakes.odoo_pages import OdooPages

from .support import blackhole, closed_port, open_files

HEALTH = "/web/health"
HEALTH_OF_DATABASE = "/web/health?db_server_status=1"
VERSION = "/web/webclient/version_info"
SELECTOR = "/web/database/selector"
READY = "/ops/ready"


def look(url, *, version="", selector_closed=True, **values):
    expected = OdooExpectation(version=version, selector_closed=selector_closed)
    [result] = run([Target(key="odoo", kind="odoo", url=url, odoo=expected, **values)])
    return result


@pytest.mark.parametrize("version", ["16.0", "17.0", "18.0", "saas~18.3", "19.0"])
def test_each_version_tells_what_it_is(version):
    with OdooPages(version) as odoo:
        result = look(f"{odoo.url}/")
    assert (result.verdict, result.error, result.status) == ("up", "", 200), result.message
    assert result.odoo == {"version": version, "edition": "community", "selector": "closed"}
    assert {"connect", "first_byte", "total"} <= result.phases.keys()
    assert result.key == "odoo"


def test_enterprise_is_told_by_its_version():
    with OdooPages("18.0", "e") as odoo:
        assert look(odoo.url).odoo["edition"] == "enterprise"


def test_what_is_asked_complains_in_no_log_of_older_ones():
    with OdooPages("16.0") as old, OdooPages("19.0") as new:
        look(old.url)
        look(new.url)
    assert sorted(old.requests) == [("GET", SELECTOR), ("GET", HEALTH), ("POST", VERSION)]
    assert sorted(set(new.requests) - set(old.requests)) == [
        ("GET", READY),
        ("GET", HEALTH_OF_DATABASE),
    ]


def test_open_selector_degrades_unless_it_is_meant_to_be():
    with OdooPages("17.0") as odoo:
        odoo.list_databases(True)
        result = look(odoo.url)
        assert (result.verdict, result.error) == ("degraded", "odoo_selector")
        assert result.odoo["selector"] == "open"
        assert "list_db = False" in result.message
        assert look(odoo.url, selector_closed=False).verdict == "up"


@pytest.mark.parametrize("page", [(404, "gone"), (403, "o_database_list"), (303, "")])
def test_selector_that_somebody_shut_is_closed(page):
    with OdooPages("17.0") as odoo:
        odoo.pages[SELECTOR] = page
        result = look(odoo.url)
    assert (result.verdict, result.odoo["selector"]) == ("up", "closed")


def test_another_version_degrades():
    with OdooPages("17.0") as odoo:
        assert look(odoo.url, version="17.0").verdict == "up"
        result = look(odoo.url, version="18.0")
    assert (result.verdict, result.error) == ("degraded", "odoo_version")
    assert result.message == "Odoo on 127.0.0.1 is version 17.0, expected 18.0."


def test_recent_one_without_its_database_is_down():
    with OdooPages("19.0") as odoo:
        odoo.tell(HEALTH_OF_DATABASE, {"status": "fail", "db_server_status": False}, 500)
        result = look(odoo.url)
    assert (result.verdict, result.error) == ("down", "odoo_database")


def test_ops_center_that_is_not_ready_degrades():
    failed = {"status": "fail", "message": "Nobody works: start the worker."}
    with OdooPages("19.0") as odoo:
        odoo.tell(READY, {"checks": {"database": {"status": "pass"}, "worker": failed}}, 503)
        result = look(odoo.url)
        assert (result.verdict, result.error) == ("degraded", "odoo_not_ready")
        assert "Nobody works: start the worker." in result.message
        odoo.tell(READY, {"checks": {"database": {"status": "pass"}}})
        assert look(odoo.url).verdict == "up"


@pytest.mark.parametrize(
    "body",
    ["<html>parked</html>", "[]", "null", '{"state": 1}', '{"status": 1}', "[" * 4000, "\x00"],
)
def test_what_is_no_odoo_is_down(body):
    with OdooPages("17.0") as odoo:
        odoo.pages[HEALTH] = (200, body)
        result = look(odoo.url)
    assert (result.verdict, result.error) == ("down", "odoo_other"), result.message


def test_what_http_sees_goes_first():
    with OdooPages("17.0") as odoo:
        odoo.pages[HEALTH] = (502, "bad gateway")
        result = look(odoo.url)
        assert (result.verdict, result.error, result.status) == ("down", "status", 502)
        odoo.tell(HEALTH, {"status": "pass"})
        assert look(odoo.url, degraded_ms=0.001).error == "slow"
        assert look(odoo.url, max_latency_ms=0.001).error == "too_slow"
    assert look(f"http://127.0.0.1:{closed_port()}").error == "connect_refused"
    assert look("http://nowhere.invalid").error == "dns"
    refused = look(odoo.url, allow=AddressPolicy())
    assert (refused.verdict, refused.error) == ("unknown", "address_denied")


@pytest.mark.parametrize(
    "told",
    [
        "no JSON",
        [],
        {"error": {"message": "Access Denied"}},
        {"result": []},
        {"result": {"server_serie": 17.0}},
        {"result": {"server_serie": "<b>17.0</b>"}},
        {"result": {"server_serie": "1" * 500}},
    ],
)
def test_version_that_is_none_is_not_told(told):
    with OdooPages("17.0") as odoo:
        odoo.pages[VERSION] = (200, told if isinstance(told, str) else json.dumps(told))
        result = look(odoo.url)
        expecting = look(odoo.url, version="17.0")
    assert (result.verdict, result.odoo) == ("up", {"selector": "closed"})
    assert (expecting.verdict, expecting.error) == ("degraded", "odoo_version_hidden")


@pytest.mark.parametrize("info", [None, 7, {"e": "e"}, "", "e", []])
def test_hostile_version_info_breaks_nothing(info):
    with OdooPages("17.0") as odoo:
        odoo.tell(VERSION, {"result": {"server_serie": "17.0", "server_version_info": info}})
        assert look(odoo.url).odoo["version"] == "17.0"


@pytest.mark.parametrize(
    "checks", [[], "all", {"worker": "fail"}, {"worker": {"status": ["fail"]}}, {"worker": None}]
)
def test_hostile_readiness_breaks_nothing(checks):
    with OdooPages("19.0") as odoo:
        odoo.tell(READY, {"checks": checks})
        assert look(odoo.url).verdict == "up"


def test_one_deadline_holds_for_all_questions():
    begin = time.monotonic()
    with blackhole() as port:
        result = look(f"http://127.0.0.1:{port}", timeout=1)
    assert result.error == "connect_timeout"
    assert time.monotonic() - begin < 3


def test_many_are_asked_at_a_time():
    with OdooPages("17.0") as odoo:
        look(odoo.url)
        before = open_files()
        targets = [Target(key=number, kind="odoo", url=odoo.url) for number in range(30)]
        results = list(run(targets, per_host=30))
    assert {result.verdict for result in results} == {"up"}
    assert sorted(result.key for result in results) == list(range(30))
    # Of their engines, a few are kept.
    assert open_files() - before < 100


@pytest.mark.parametrize("rest", ["/web/login", "/odoo?debug=1", "#home"])
def test_address_is_where_odoo_begins(rest):
    with pytest.raises(ValueError, match="drop what follows"):
        Target(key="odoo", kind="odoo", url=f"https://erp.example.com{rest}")


@pytest.mark.parametrize("version", ["19", "latest", "19.0 ", "19.0.1"])
def test_version_must_be_written_as_odoo_does(version):
    with pytest.raises(ValueError, match=r"such as 19\.0"):
        OdooExpectation(version=version)
