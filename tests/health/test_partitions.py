"""Partitions are kept up while somebody reads all of them for long, as pg_dump does."""

from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from tests.harness import databases

MOST_WAITING = timedelta(seconds=4)


@pytest.mark.expected_log_errors("bad query: .*DETACH PARTITION")
def test_upkeep_waits_shortly_for_a_dump_and_samples_go_on(database):
    from odoo.sql_db import db_connect  # noqa: PLC0415 - only a run with Odoo has it

    from odoo.addons.ops_center_health.storage import samples  # noqa: PLC0415

    now = datetime.now(UTC).replace(tzinfo=None)
    long_ago = now - timedelta(days=400)
    sample = dict.fromkeys(samples.COLUMNS) | {"check_id": 1, "verdict": "up"}
    partition = f"ops_health_sample_{long_ago:%Y%m%d}"
    exists = "SELECT to_regclass(%s) IS NOT NULL"
    with db_connect(database).cursor() as cr:
        samples.add(cr, [{**sample, "at": long_ago}])
    dump = psycopg2.connect(dbname=database)
    with dump, dump.cursor() as reading:
        # What pg_dump does to every table for as long as it runs.
        reading.execute("LOCK TABLE ops_health_sample IN ACCESS SHARE MODE")
        began = datetime.now(UTC)
        with (
            pytest.raises(psycopg2.errors.LockNotAvailable),
            db_connect(database).cursor() as cr,
        ):
            samples.drop_old_partitions(cr, timedelta(days=30))
        assert datetime.now(UTC) - began < MOST_WAITING
        with db_connect(database).cursor() as cr:
            cr.execute("SET LOCAL lock_timeout = '1s'")
            # Of today, and of a day whose partition has to be made.
            samples.add(cr, [{**sample, "at": now}, {**sample, "at": now + timedelta(days=9)}])
        assert databases.execute(database, exists, [partition]) == [(True,)]
    dump.close()
    with db_connect(database).cursor() as cr:
        samples.drop_old_partitions(cr, timedelta(days=30))
    assert databases.execute(database, exists, [partition]) == [(False,)]
    assert databases.execute(
        database, "SELECT count(*) FROM ops_health_sample WHERE check_id = 1 AND at >= %s", [now]
    ) == [(2,)]


def test_a_dump_keeps_only_its_own_step_of_the_upkeep_waiting(
    request, database, odoo_config, monkeypatch, caplog
):
    from odoo.api import SUPERUSER_ID, Environment  # noqa: PLC0415 - only a run with Odoo has it
    from odoo.modules.registry import Registry  # noqa: PLC0415
    from odoo.sql_db import close_db, db_connect  # noqa: PLC0415

    from odoo.addons.ops_center_health.storage import samples  # noqa: PLC0415

    long_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=401)
    sample = dict.fromkeys(samples.COLUMNS) | {"check_id": 1, "verdict": "up", "at": long_ago}
    partition = f"ops_health_sample_{long_ago:%Y%m%d}"
    exists = "SELECT to_regclass(%s) IS NOT NULL"
    with db_connect(database).cursor() as cr:
        samples.add(cr, [sample])
        cr.execute("INSERT INTO ops_health_log_error VALUES (%s, 'worker', 1, 'Old')", [long_ago])
    # Else the modules' own tests would run while the registry loads.
    monkeypatch.setitem(odoo_config, "test_enable", False)
    caplog.set_level("WARNING", "odoo.addons.ops_center_health")
    registry = Registry(database)
    request.addfinalizer(lambda: (Registry.delete(database), close_db(database)))

    def upkeep():
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {"cron_id": 1})
            env["ir.autovacuum"]._run_vacuum_cleaner()

    dump = psycopg2.connect(dbname=database)
    with dump, dump.cursor() as reading:
        reading.execute("LOCK TABLE ops_health_sample IN ACCESS SHARE MODE")
        upkeep()
        assert databases.execute(database, exists, [partition]) == [(True,)]
        assert not databases.execute(
            database, "SELECT 1 FROM ops_health_log_error WHERE message = 'Old'"
        )
    dump.close()
    told = [record for record in caplog.records if "can't be dropped" in record.message]
    assert len(told) == 1
    again = (
        "SELECT max(call_at) > now() AT TIME ZONE 'UTC' FROM ir_cron_trigger"
        " JOIN ir_model_data ON res_id = cron_id WHERE name = 'autovacuum_job'"
    )
    assert databases.execute(database, again) == [(True,)]
    upkeep()
    assert databases.execute(database, exists, [partition]) == [(False,)]
