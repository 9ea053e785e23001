"""What was seen, one row a look, in one partition a day."""

import csv
import io
from datetime import timedelta

from odoo.tools import SQL

from .clock import NOW

DAYS_AHEAD = 3  # partitions made before they are needed

# Waiting longer for a lock would make every reader and writer queue up behind us.
LOCK_TIMEOUT = SQL("SET LOCAL lock_timeout = '2s'")
NO_LOCK_TIMEOUT = SQL("SET LOCAL lock_timeout TO DEFAULT")

COLUMNS = ("check_id", "at", "verdict", "error", "status", "latency_ms", "value")


# === PARTITIONS === #


def create_table(cr):
    """Create the table of samples and its first partitions; harmless if they exist.

    There is no DEFAULT partition, whose scan would block each attaching, and no foreign key,
    which would be checked for each sample.
    """
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_sample (
            id bigint GENERATED ALWAYS AS IDENTITY,
            at timestamp NOT NULL,
            check_id integer NOT NULL,
            latency_ms real,
            value real,
            status smallint,
            verdict varchar NOT NULL,
            error varchar
        ) PARTITION BY RANGE (at);
        CREATE INDEX IF NOT EXISTS ops_health_sample_check_id_at ON ops_health_sample (check_id, at)
    """)
    add_coming_partitions(cr)


def add_coming_partitions(cr):
    """Make the partitions of today and the days after."""
    cr.execute(SQL("SELECT %s::date", NOW))
    [today] = cr.fetchone()
    add_partitions(cr, [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)])


def add_partitions(cr, days):
    """Make the partitions of these days, as far as they are missing."""
    names = {_partition(day): day for day in days}
    if not (missing := _missing(cr, names)):
        return
    # Whoever comes second finds the partitions made.
    cr.execute("SELECT pg_advisory_xact_lock(hashtext('ops_health_sample'))")
    cr.execute(LOCK_TIMEOUT)
    for name in _missing(cr, missing):
        day = names[name]
        # A finished table is attached: CREATE … PARTITION OF would wait for every reader.
        cr.execute(
            SQL("CREATE TABLE %s (LIKE ops_health_sample INCLUDING DEFAULTS)", SQL.identifier(name))
        )
        cr.execute(
            SQL(
                "ALTER TABLE ops_health_sample ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)",
                SQL.identifier(name),
                day,
                day + timedelta(days=1),
            )
        )
    cr.execute(NO_LOCK_TIMEOUT)


def drop_old_partitions(cr, retention):
    """Drop the partitions that are older than the retention, in no time and without residue.

    :param timedelta retention: how long samples are kept
    :raise psycopg2.errors.LockNotAvailable: somebody reads all samples at the moment
    """
    cr.execute(SQL("SELECT (%s - %s)::date", NOW, retention))
    [first_kept] = cr.fetchone()
    cr.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits"
        " WHERE inhparent = 'ops_health_sample'::regclass"
    )
    old = sorted(name for [name] in cr.fetchall() if name < _partition(first_kept))
    cr.execute(LOCK_TIMEOUT)
    for name in old:
        cr.execute(
            SQL("ALTER TABLE ops_health_sample DETACH PARTITION %s", SQL.identifier(name)),
            log_exceptions=False,
        )
        cr.execute(SQL("DROP TABLE %s", SQL.identifier(name)))
    cr.execute(NO_LOCK_TIMEOUT)


def _partition(day):
    return f"ops_health_sample_{day:%Y%m%d}"


def _missing(cr, names):
    cr.execute("SELECT name FROM unnest(%s) AS name WHERE to_regclass(name) IS NULL", [list(names)])
    return [name for [name] in cr.fetchall()]


# === SAMPLES === #


def add(cr, samples):
    """Append samples by one COPY.

    :param list[dict] samples: values of `COLUMNS`
    """
    add_partitions(cr, {sample["at"].date() for sample in samples})
    rows = io.StringIO()
    # What is empty is NULL, and all texts of a sample are codes that are never empty.
    csv.writer(rows).writerows(
        [sample[column] if sample[column] is not None else "" for column in COLUMNS]
        for sample in samples
    )
    rows.seek(0)
    cr.copy_expert(
        "COPY ops_health_sample (check_id, at, verdict, error, status, latency_ms, value)"
        " FROM STDIN WITH (FORMAT csv)",
        rows,
    )


def heartbeats(cr, check_ids, limit):
    """The last samples of each check, oldest first.

    :return: dictionary of lists of dictionaries with ``at``, ``verdict``, ``latency_ms``, ``value``
    """
    cr.execute(
        """
        SELECT sample.check_id, sample.at, sample.verdict, sample.latency_ms, sample.value
          FROM unnest(%s::int[]) AS wanted (check_id)
    CROSS JOIN LATERAL (
                   SELECT * FROM ops_health_sample AS each
                    WHERE each.check_id = wanted.check_id
                 ORDER BY each.at DESC
                    LIMIT %s
               ) AS sample
      ORDER BY sample.at
        """,
        [list(check_ids), limit],
    )
    beats = {}
    for row in cr.dictfetchall():
        beats.setdefault(row.pop("check_id"), []).append(row)
    return beats
