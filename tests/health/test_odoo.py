"""A real Odoo 19, looked at from outside as customers' instances are."""

import sys

import requests
from passlib.hash import pbkdf2_sha512

from tests.fakes.odoo_pages import OdooPages
from tests.harness import databases
from tests.probes.conftest import ADDON

sys.path.insert(0, str(ADDON))

from probes import OdooAccess, OdooExpectation, Target, run

ARGUMENTS = ["--max-cron-threads=0", "--load=base,web,ops_center_base"]
KEY = "0123456789abcdef0123456789abcdef01234567"


def look(url, expected):
    [result] = run([Target(key="odoo", kind="odoo", url=url, timeout=30, odoo=expected)])
    return result


def test_real_odoo_tells_what_it_is(database, start_server):
    databases.execute(database, "UPDATE ir_cron SET create_date = now() AT TIME ZONE 'UTC'")
    server = start_server(database, arguments=ARGUMENTS)
    expected = OdooExpectation(version="19.0")
    result = look(server.url, expected)
    assert (result.verdict, result.error) == ("up", ""), result.message
    assert result.odoo == {"version": "19.0", "edition": "community", "selector": "closed"}
    # Nobody works on this database, which Ops Center says itself after a while.
    age = "UPDATE ir_cron SET create_date = create_date - interval '1 hour'"
    databases.execute(database, age)
    result = look(server.url, expected)
    assert (result.verdict, result.error) == ("degraded", "odoo_not_ready"), result.message
    assert "start the worker" in result.message
    assert "WARNING" not in server.log.read_text(encoding="utf-8").partition("Registry loaded")[2]
    check_what_a_user_is_told(database, server)


def check_what_a_user_is_told(database, server):
    """Fetched with a key whose user may read two of the models, and then three."""
    call = server.session()
    [group] = call("res.groups", "create", [{"name": "Watchers"}])
    [employees] = call("res.groups", "search", [["full_name", "=", "Role / User"]])
    values = {"name": "Watcher", "login": "watcher", "group_ids": [employees, group]}
    [user] = call("res.users", "create", [values])
    databases.execute(
        database,
        "INSERT INTO res_users_apikeys (name, user_id, scope, key, index)"
        " VALUES ('Ops Center', %s, 'rpc', %s, %s)",
        [user, pbkdf2_sha512.using(rounds=6000).hash(KEY), KEY[:8]],
    )
    access = OdooAccess(key=KEY, database=database, login="watcher")

    def allow(*models):
        for model in call("ir.model", "search", [["model", "in", models]]):
            values = {"name": "watcher", "model_id": model, "group_id": group, "perm_read": True}
            call("ir.model.access", "create", [values])

    allow("ir.module.module", "ir.cron")
    facts = look(server.url, OdooExpectation(access=access)).facts
    assert facts["modules"]["ops_center_base"].startswith("19.0.")
    assert facts["crons"]["active"] > 0
    assert "may not read mail.mail:" in facts["note"]
    assert not {"mail", "problem"} & facts.keys()

    allow("mail.mail")
    mail = {"state": "exception", "failure_reason": "Mailbox full"}
    call("mail.mail", "create", [mail])
    facts = look(server.url, OdooExpectation(access=access)).facts
    assert facts["mail"] == {"stuck": 0, "failed": 1, "reason": "Mailbox full"}
    assert not {"note", "problem"} & facts.keys()

    older = facts | {"odoo": {"version": "18.0", "edition": "community"}}
    assert look_as_at_an_older_one(server, access) == older

    wrong = OdooAccess(key="x" * 40, database=database, login="watcher")
    refused = look(server.url, OdooExpectation(access=wrong)).facts
    assert "refuses the API key" in refused["problem"]
    assert refused["problem"] == look_as_at_an_older_one(server, wrong)["problem"]


def look_as_at_an_older_one(server, access):
    """The facts fetched over XML-RPC, which this one speaks as well."""

    def forwarded(path):
        def page(_headers, sent):
            headers = {"Content-Type": "text/xml"}
            answer = requests.post(server.url + path, sent.encode(), headers=headers, timeout=30)
            return answer.status_code, answer.text

        return page

    with OdooPages("18.0") as older:
        for path in ("/xmlrpc/2/common", "/xmlrpc/2/object"):
            older.pages[path] = forwarded(path)
        return look(older.url, OdooExpectation(access=access)).facts
