"""What was measured, by the hour and by the day: counts, and how latencies are distributed.

How long a check was in which state isn't here, since `intervals` knows it exactly.
"""

import math
from datetime import datetime, time, timedelta

from odoo.tools import SQL

from .. import histogram
from .clock import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SETTLING = timedelta(minutes=2)  # until the results of an hour are stored, usually
LATENESS = timedelta(hours=1)  # results that come so late are counted all the same
MOST_AT_ONCE = timedelta(hours=6)  # closed in one transaction

# The place of a latency in its histogram.
PLACE = SQL(
    """
    CASE WHEN latency_ms <= %(low)s THEN 0
         ELSE ceil(ln(latency_ms::float / %(low)s) / %(log)s)::smallint END
    """,
    low=histogram.LOWEST,
    log=math.log(histogram.GROWTH),
)
BEGIN_OF_HOUR = SQL("date_trunc('hour', at)")
BEGIN_OF_DAY = SQL("date_trunc('day', at)")

# What roll-ups are made of, one row for each place in a histogram.
SAMPLES = SQL(
    """
    SELECT check_id, at, (verdict = 'up')::int AS up, (verdict = 'degraded')::int AS degraded,
           (verdict = 'down')::int AS down, (verdict = 'unknown')::int AS unknown,
           latency_ms AS latency_sum, latency_ms AS latency_min, latency_ms AS latency_max,
           %s AS place, 1 AS count
      FROM ops_health_sample
    """,
    PLACE,
)
ROLLED_UP = """
    SELECT known.check_id, known.at, once * up AS up, once * degraded AS degraded,
           once * down AS down, once * unknown AS unknown, once * latency_sum AS latency_sum,
           latency_min, latency_max, bar.place, bar.count
      FROM %s AS known
 LEFT JOIN LATERAL unnest(places, counts) WITH ORDINALITY AS bar (place, count, number) ON true
CROSS JOIN LATERAL (SELECT (coalesce(bar.number, 1) = 1)::int) AS first (once)
"""
HOURS = SQL(ROLLED_UP, SQL("ops_health_rollup_hour"))
DAYS = SQL(ROLLED_UP, SQL("ops_health_rollup_day"))


def create_tables(cr):
    """Create the tables of hours and days, and of how far they are; harmless if they exist.

    The table of samples must exist.
    """
    for table in ("ops_health_rollup_hour", "ops_health_rollup_day"):
        cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS %(table)s (
                    check_id integer NOT NULL REFERENCES ops_health_check ON DELETE CASCADE,
                    at timestamp NOT NULL,
                    up integer NOT NULL,
                    degraded integer NOT NULL,
                    down integer NOT NULL,
                    unknown integer NOT NULL,
                    latency_sum float,
                    latency_min real,
                    latency_max real,
                    places smallint[] NOT NULL,
                    counts integer[] NOT NULL,
                    PRIMARY KEY (check_id, at)
                );
                CREATE INDEX IF NOT EXISTS %(index)s ON %(table)s (at)
                """,
                table=SQL.identifier(table),
                index=SQL.identifier(f"{table}_at"),
            )
        )
    cr.execute(
        SQL(
            """
            CREATE TABLE IF NOT EXISTS ops_health_rollup_mark (closed_until timestamp NOT NULL);
            INSERT INTO ops_health_rollup_mark
                 SELECT date_trunc('hour', coalesce((SELECT min(at) FROM ops_health_sample), %s))
                  WHERE NOT EXISTS (SELECT FROM ops_health_rollup_mark)
            """,
            NOW,
        )
    )


# === WRITING === #


def close_hours(cr):
    """Roll up the hours that are over, and what came late of those before.

    :return: whether there was something to do; somebody else may be doing it
    """
    cr.execute(
        SQL(
            """
            SELECT closed_until, least(date_trunc('hour', %s - %s), closed_until + %s)
              FROM ops_health_rollup_mark
               FOR UPDATE SKIP LOCKED
            """,
            NOW,
            SETTLING,
            MOST_AT_ONCE,
        ),
        log_exceptions=False,
    )
    begin, end = cr.fetchone() or (None, None)
    if begin == end:
        return False
    begin -= LATENESS
    day = datetime.combine(begin, time.min)
    _store(cr, "ops_health_rollup_hour", SAMPLES, BEGIN_OF_HOUR, begin, end)
    _store(cr, "ops_health_rollup_day", HOURS, BEGIN_OF_DAY, day, end)
    cr.execute("UPDATE ops_health_rollup_mark SET closed_until = %s", [end])
    return True


def _store(cr, table, source, unit, begin, end):
    """Put together what a source has of a time, and write what differs from what is known."""
    cr.execute(
        SQL(
            """
            INSERT INTO %(table)s AS known
                 SELECT new.* FROM (%(new)s) AS new
                   JOIN ops_health_check AS checks ON checks.id = new.check_id
            ON CONFLICT (check_id, at) DO UPDATE
                    SET up = excluded.up,
                        degraded = excluded.degraded,
                        down = excluded.down,
                        unknown = excluded.unknown,
                        latency_sum = excluded.latency_sum,
                        latency_min = excluded.latency_min,
                        latency_max = excluded.latency_max,
                        places = excluded.places,
                        counts = excluded.counts
                  WHERE (known.up, known.degraded, known.down, known.unknown)
                     != (excluded.up, excluded.degraded, excluded.down, excluded.unknown)
            """,
            table=SQL.identifier(table),
            new=_put_together(source, unit, SQL("at >= %s AND at < %s", begin, end)),
        )
    )


def _put_together(source, unit, condition):
    """The query that adds up the rows of a source by check and time.

    :param SQL unit: the beginning of the time that ``at`` belongs to
    """
    return SQL(
        """
        SELECT check_id, begin, sum(up)::int AS up, sum(degraded)::int AS degraded,
               sum(down)::int AS down, sum(unknown)::int AS unknown,
               sum(latency_sum) AS latency_sum, min(latency_min) AS latency_min,
               max(latency_max) AS latency_max,
               coalesce(array_agg(place ORDER BY place) FILTER (WHERE place IS NOT NULL), '{}')
               AS places,
               coalesce(array_agg(count ORDER BY place) FILTER (WHERE place IS NOT NULL), '{}')
               AS counts
          FROM (
                   SELECT check_id, %(unit)s AS begin, place, sum(count)::int AS count,
                          sum(up) AS up, sum(degraded) AS degraded, sum(down) AS down,
                          sum(unknown) AS unknown, sum(latency_sum)::float AS latency_sum,
                          min(latency_min) AS latency_min, max(latency_max) AS latency_max
                     FROM (%(source)s) AS source
                    WHERE %(condition)s
                 GROUP BY check_id, begin, place
               ) AS part
      GROUP BY check_id, begin
        """,
        source=source,
        unit=unit,
        condition=condition,
    )


def delete_old_hours(cr, retention):
    """Forget the hours that are older than the retention. Days stay.

    :param timedelta retention: how long hours are kept
    """
    cr.execute(SQL("DELETE FROM ops_health_rollup_hour WHERE at < %s - %s", NOW, retention))


# === READING === #


def read(cr, check_id, source, width, begin):
    """What a source knows of a check since a time, put together by times of a width.

    :param source: `SAMPLES`, `HOURS` or `DAYS`, whose times `width` must be made of
    :return: dictionaries of the columns, with ``begin`` and ``histogram``, the counts by place
    """
    unit = SQL(
        "timestamp 'epoch' + %(width)s * floor(extract(epoch FROM at - timestamp 'epoch')"
        " / extract(epoch FROM %(width)s))",
        width=width,
    )
    condition = SQL("check_id = %s AND at >= %s", check_id, begin)
    cr.execute(SQL("%s ORDER BY begin", _put_together(source, unit, condition)))
    rows = cr.dictfetchall()
    for row in rows:
        row["histogram"] = dict(zip(row.pop("places"), row.pop("counts"), strict=True))
    return rows
