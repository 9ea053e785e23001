"""A real Odoo 19, looked at from outside as customers' instances are."""

import sys

from tests.harness import databases
from tests.probes.conftest import ADDON

sys.path.insert(0, str(ADDON))

from probes import OdooExpectation, Target, run

ARGUMENTS = ["--max-cron-threads=0", "--load=base,web,ops_center_base"]


def look(server):
    [result] = run(
        [
            Target(
                key="odoo",
                kind="odoo",
                url=server.url,
                timeout=30,
                odoo=OdooExpectation(version="19.0"),
            )
        ]
    )
    return result


def test_real_odoo_tells_its_version(database, start_server):
    databases.execute(database, "UPDATE ir_cron SET create_date = now() AT TIME ZONE 'UTC'")
    server = start_server(database, arguments=ARGUMENTS)
    result = look(server)
    assert (result.verdict, result.error) == ("up", ""), result.message
    assert result.odoo == {"version": "19.0", "edition": "community", "selector": "closed"}
    # Nobody works on this database, which Ops Center says itself after a while.
    age = "UPDATE ir_cron SET create_date = create_date - interval '1 hour'"
    databases.execute(database, age)
    result = look(server)
    assert (result.verdict, result.error) == ("degraded", "odoo_not_ready"), result.message
    assert "start the worker" in result.message
    assert "WARNING" not in server.log.read_text(encoding="utf-8").partition("Registry loaded")[2]
