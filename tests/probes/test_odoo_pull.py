"""What an Odoo tells whom it gave an API key, and what hostile ones make of it."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from probes import HttpRequest, OdooAccess, OdooExpectation, Target, run

from tests.fakes.odoo_pages import OdooPages

KEY = "0123456789abcdef0123"
NAMES = "/json/2/ir.module.module/search_read"
LOGIN = "/xmlrpc/2/common"
OBJECT = "/xmlrpc/2/object"
HOUR = timedelta(hours=1)

both_protocols = pytest.mark.parametrize("version", ["18.0", "19.0"])


def ago(time_ago):
    return f"{datetime.now(UTC) - time_ago:%Y-%m-%d %H:%M:%S}"


def refuse(**_arguments):
    raise PermissionError


def odoo_models(modules=("base", "mail"), failing=0, **others):
    """What a user of an Odoo with a late action and a failed message may read."""

    def count_mail(domain):
        return 3 if ["state", "=", "outgoing"] in domain else 1

    def read_actions(domain, fields, limit, order):
        late = {"cron_name": "Mail Queue", "nextcall": ago(HOUR)}
        punctual = {"cron_name": "Vacuum", "nextcall": ago(-HOUR)}
        if "failure_count" in fields:
            late["failure_count"], punctual["failure_count"] = 0, failing
        return [late, punctual]

    versions = [{"name": name, "latest_version": "1.0"} for name in modules]
    return {
        "ir.module.module": {"search_read": lambda **_arguments: versions},
        "ir.cron": {"search_read": read_actions},
        "mail.mail": {
            "search_count": count_mail,
            "search_read": lambda **_arguments: [{"failure_reason": "Mailbox full"}],
        },
        "queue.job": {"search_count": lambda domain: 4},
        **others,
    }


def look(odoo, key=KEY, database="shop", login="watcher", **values):
    access = OdooAccess(key=key, database=database, login=login)
    expected = OdooExpectation(access=access)
    target = Target(key="odoo", kind="odoo", url=odoo.url, odoo=expected, **values)
    [result] = run([target])
    assert result.verdict == "up", result.message
    return result.facts


@both_protocols
def test_facts_are_those_of_the_agent(version):
    with OdooPages(version) as odoo:
        odoo.let_in(KEY, odoo_models(["base", "mail", "queue_job"], failing=2))
        facts = look(odoo)
    [late] = facts["crons"].pop("late")
    assert late["name"] == "Mail Queue"
    assert abs(time.time() - 3600 - late["due_at"]) < 60
    assert facts == {
        "format": 1,
        "period": 300,
        "odoo": {"version": version, "edition": "community"},
        "modules": {"base": "1.0", "mail": "1.0", "queue_job": "1.0"},
        "crons": {"active": 2, "failing": [{"name": "Vacuum", "failures": 2}]},
        "mail": {"stuck": 3, "failed": 1, "reason": "Mailbox full"},
        "jobs": {"failed": 4},
    }


@both_protocols
def test_own_authority(version, authority):
    request = HttpRequest(authorities=authority.bundle.read_text())
    with OdooPages(version, tls=authority.server_context("127.0.0.1")) as odoo:
        odoo.let_in(KEY, odoo_models())
        assert look(odoo, request=request)["modules"] == {"base": "1.0", "mail": "1.0"}


def test_older_ones_count_no_failures_and_are_asked_for_none():
    with OdooPages("16.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        facts = look(odoo)
    assert facts["crons"].keys() == {"active", "late"}
    assert "jobs" not in facts


def test_without_a_key_nobody_is_asked():
    with OdooPages("19.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        [result] = run([Target(key="odoo", kind="odoo", url=odoo.url)])
        assert not [path for _method, path in odoo.requests if path.startswith("/json/2")]
    assert result.facts is None


@both_protocols
def test_what_may_not_be_read_is_named(version):
    with OdooPages(version) as odoo:
        hidden = {"search_read": refuse, "search_count": refuse}
        odoo.let_in(KEY, odoo_models(**{"ir.cron": hidden, "mail.mail": hidden}))
        facts = look(odoo)
    assert facts["modules"] == {"base": "1.0", "mail": "1.0"}
    assert not {"crons", "mail", "problem"} & facts.keys()
    assert "may not read ir.cron, mail.mail" in facts["note"]


def test_who_forbids_on_the_way_is_a_problem():
    with OdooPages("19.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        odoo.pages[NAMES] = (403, "<h1>Forbidden</h1>")
        facts = look(odoo)
    assert "ir.module.module can't be read" in facts["problem"]
    assert "403" in facts["problem"]


@both_protocols
def test_refused_key_is_a_problem(version):
    with OdooPages(version) as odoo:
        odoo.let_in(KEY, odoo_models())
        facts = look(odoo, key="another")
    assert "refuses the API key" in facts["problem"]
    assert "modules" not in facts


def test_another_database_is_a_problem():
    with OdooPages("19.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        assert "Check the database" in look(odoo, database="other")["problem"]
        assert "problem" not in look(odoo, database="", login="")


def test_older_one_needs_database_and_login():
    with OdooPages("17.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        for missing in ({"database": ""}, {"login": ""}):
            assert "Enter both" in look(odoo, **missing)["problem"]
        assert ("POST", LOGIN) not in odoo.requests


def test_hidden_version_is_a_problem():
    with OdooPages("19.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        del odoo.pages["/web/webclient/version_info"]
        assert "does not tell its version" in look(odoo)["problem"]


@pytest.mark.parametrize(
    "answer", ["", "[[[", "[" * 100_000, "[1]", '{"a": 1}', '[{"name": 1}]', "null", "x" * 2**21]
)
def test_hostile_json_is_a_problem(answer):
    with OdooPages("19.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        odoo.pages[NAMES] = (200, answer)
        facts = look(odoo)
    assert "ir.module.module can't be read" in facts["problem"]
    assert facts["crons"]["active"] == 2


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<methodResponse><params><param><value><string>&b;</string></value></param></params>"
    "</methodResponse>"
)
DEEP = "<methodResponse><params><param>" + "<value><array><data>" * 50_000


@pytest.mark.parametrize("answer", ["", BOMB, DEEP, "<methodResponse/>", "<a>", "x" * 2**21])
@pytest.mark.parametrize("path", [LOGIN, OBJECT])
def test_hostile_xml_is_a_problem(path, answer):
    with OdooPages("17.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        odoo.pages[path] = (200, answer)
        facts = look(odoo)
    assert "not XML-RPC" in facts["problem"]
    assert "modules" not in facts


@both_protocols
def test_key_that_an_answer_repeats_is_not_told(version):
    def repeat(**_arguments):
        return [{"name": KEY, "latest_version": KEY}]

    with OdooPages(version) as odoo:
        odoo.let_in(KEY, odoo_models(**{"ir.module.module": {"search_read": repeat}}))
        facts = look(odoo)
    assert facts["modules"]
    assert KEY not in json.dumps(facts)


@both_protocols
def test_key_follows_no_redirect(version):
    with OdooPages(version) as odoo, OdooPages(version) as other:
        other.let_in(KEY, odoo_models())
        for path in (NAMES, LOGIN):
            odoo.pages[path] = (307, "elsewhere", ("Location", other.url + path))
        assert look(odoo)["problem"]
        assert not other.requests


@pytest.mark.parametrize("model", ["ir.module.module", "mail.mail"])
def test_slow_answers_end_with_the_deadline(model):
    def stall(_headers, _sent):
        time.sleep(3)
        return 200, "[]"

    with OdooPages("19.0") as odoo:
        odoo.let_in(KEY, odoo_models())
        # Of the latter there are more than are asked at once.
        for method in ("search_read", "search_count"):
            odoo.pages[f"/json/2/{model}/{method}"] = stall
        begun_at = time.monotonic()
        facts = look(odoo, timeout=1)
    assert time.monotonic() - begun_at < 1.4
    assert f"{model} can't be read" in facts["problem"] or f"{model}, " in facts["problem"]


@pytest.mark.parametrize("values", [{"key": "a b"}, {"key": "a\nb"}, {"database": "a/b"}])
def test_access_must_be_usable(values):
    with pytest.raises(ValueError):
        OdooAccess(**{"key": KEY, **values})
