"""What the history of a thousand checks costs: reading its uptime, and rolling it up.

The history is generated: 90 days with an incident a week, and a day of results at
one a minute.
"""

import statistics
import time

import pytest

CHECKS = 1000
REPETITIONS = 9

MAX_UPTIME = 50  # milliseconds
MAX_ROLL_UP = 2000  # milliseconds, once an hour

# Between incidents of some minutes, which an unknown time may end, a check is up for days.
INTERVALS = """
    WITH drawn AS (
        SELECT check_id, number, random() AS luck, number %% 2 = 0 AS good
          FROM unnest(%s) AS check_id, generate_series(1, 28) AS number
    ),
    placed AS (
        SELECT check_id, number,
               CASE WHEN good THEN 'up' WHEN luck < 0.1 THEN 'unknown'
                    WHEN luck < 0.3 THEN 'degraded' ELSE 'down' END AS state,
               sum(CASE WHEN good THEN 5 + 4 * luck ELSE 0.02 * luck END * interval '1 day')
                   OVER (PARTITION BY check_id ORDER BY number DESC) AS age
          FROM drawn
    )
    INSERT INTO ops_health_interval (check_id, state, started_at, ended_at)
         SELECT check_id, state, (now() AT TIME ZONE 'UTC') - age,
                (now() AT TIME ZONE 'UTC') - lead(age) OVER (PARTITION BY check_id ORDER BY number)
           FROM placed
"""
SAMPLES = """
    INSERT INTO ops_health_sample (check_id, at, verdict, status, latency_ms)
         SELECT check_id, at, 'up', 200, exp(3 + random() + random() + random())
           FROM generate_series(%(day)s, %(day)s + interval '1 day' - interval '1 minute',
                                interval '1 minute') AS at,
                unnest(%(checks)s) AS check_id
"""
LOOKED_AT = "UPDATE ops_health_check_state SET last_at = now() AT TIME ZONE 'UTC'"


@pytest.fixture
def env(database, odoo_config, monkeypatch):
    """An environment on a database of its own."""
    from odoo.api import SUPERUSER_ID, Environment  # noqa: PLC0415 - collected without Odoo too
    from odoo.modules.registry import Registry  # noqa: PLC0415
    from odoo.sql_db import close_db  # noqa: PLC0415

    # Else the modules' own tests would run while the registry loads.
    monkeypatch.setitem(odoo_config, "test_enable", False)
    with Registry(database).cursor() as cr:
        yield Environment(cr, SUPERUSER_ID, {})
        cr.rollback()
    Registry.delete(database)
    close_db(database)


@pytest.fixture
def checks(env):
    """A thousand checks."""
    here = env.ref("ops_center_base.environment_self")
    values = {"environment_id": here.id, "url": "https://shop.example.com"}
    return env["ops.health.check"].create(
        [{**values, "name": f"Check {number}"} for number in range(CHECKS)]
    )


def milliseconds(function):
    begin = time.perf_counter()
    function()
    return (time.perf_counter() - begin) * 1000


def test_uptime(env, checks):
    from datetime import timedelta  # noqa: PLC0415

    from odoo.addons.ops_center_health.storage import intervals  # noqa: PLC0415 - as above

    env.cr.execute("DELETE FROM ops_health_interval")
    env.cr.execute(INTERVALS, [checks.ids])
    rows = env.cr.rowcount
    env.cr.execute(LOOKED_AT)
    env.cr.execute("ANALYZE ops_health_interval, ops_health_check_state, ops_health_check")
    print(f"\n\nUptime of {CHECKS} checks from {rows} states, median of {REPETITIONS}")
    measured = {}
    for days in (1, 7, 30, 90):
        length = timedelta(days=days)
        measured[days] = statistics.median(
            milliseconds(lambda length=length: intervals.uptime(env.cr, checks.ids, length))
            for _repetition in range(REPETITIONS)
        )
        print(f"{days:>4} days {measured[days]:>8.1f} ms")
    assert measured[90] <= MAX_UPTIME


def test_rolling_up(env, checks):
    from odoo.addons.ops_center_health.storage import rollups, samples  # noqa: PLC0415 - as above

    env.cr.execute("SELECT date_trunc('hour', (now() AT TIME ZONE 'UTC') - interval '2 minutes')")
    [end] = env.cr.fetchone()
    day = end - rollups.DAY
    samples.add_partitions(env.cr, {day.date(), end.date()})
    env.cr.execute(SAMPLES, {"day": day, "checks": checks.ids})
    env.cr.execute("ANALYZE ops_health_sample")
    mark = "UPDATE ops_health_rollup_mark SET closed_until = %s"
    env.cr.execute(mark, [day])
    while rollups.close_hours(env.cr):
        pass
    env.cr.execute("DELETE FROM ops_health_rollup_hour WHERE at >= %s", [end - rollups.HOUR])
    env.cr.execute(mark, [end - rollups.HOUR])
    elapsed = milliseconds(lambda: rollups.close_hours(env.cr))
    env.cr.execute(
        "SELECT count(*), pg_total_relation_size('ops_health_rollup_hour')"
        " FROM ops_health_rollup_hour"
    )
    rows, size = env.cr.fetchone()
    assert rows == 24 * CHECKS
    print(f"\n\nRolling up {CHECKS} checks once a minute")
    print(f"An hour, with what came late     {elapsed:>8.0f} ms")
    print(f"Room for an hour of a check      {size / rows:>8.0f} bytes")
    assert elapsed <= MAX_ROLL_UP
