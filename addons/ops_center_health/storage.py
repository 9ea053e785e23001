"""The tables that change with every probe, too often for the ORM.

Four tables that no model owns: what each check is at (`ops_health_check_state`), the samples
(`ops_health_sample`, one partition a day), what watched jobs said last (`ops_health_ping`) and the
errors counted in the log (`ops_health_log_error`). All times are UTC without time zone, as
everywhere in Odoo.
"""

import csv
import hashlib
import io
from collections import defaultdict
from datetime import timedelta

from odoo.tools import SQL

from .heartbeat import Pings

DAYS_AHEAD = 3  # partitions made before they are needed
MAX_LOG = 10_000  # characters of what a job said during a run
LEASE_MARGIN = 30  # seconds for storing a result after the probe's own timeout

# Waiting longer for a lock would make every reader and writer queue up behind us.
LOCK_TIMEOUT = SQL("SET LOCAL lock_timeout = '2s'")
NO_LOCK_TIMEOUT = SQL("SET LOCAL lock_timeout TO DEFAULT")

NOW = SQL("(now() AT TIME ZONE 'UTC')")

SAMPLE_COLUMNS = ("check_id", "at", "verdict", "error", "status", "latency_ms", "value")
RESULT_COLUMNS = (
    "check_id",
    "fence",
    "delay",
    "failures",
    "successes",
    "at",
    "verdict",
    "error",
    "message",
    "latency_ms",
    "value",
)


# === TABLES === #


def create_state_table(cr):
    """Create the narrow table of what changes with each probe; harmless if it exists.

    Room is left in its pages and no index but the key, so that updates stay within a page.
    """
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_check_state (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            next_run timestamp NOT NULL,
            lease_until timestamp,
            lease_owner varchar,
            fence bigint NOT NULL DEFAULT 0,
            consecutive_failures integer NOT NULL DEFAULT 0,
            consecutive_successes integer NOT NULL DEFAULT 0,
            last_at timestamp,
            last_latency_ms real,
            last_value real,
            last_verdict varchar,
            last_error varchar,
            last_message varchar
        ) WITH (fillfactor = 70)
    """)


def create_sample_table(cr):
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


def create_ping_table(cr):
    """Create the table of what watched jobs said last, one row each; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_ping (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            started_at timestamp,
            run_id varchar,
            ended_at timestamp,
            failed boolean NOT NULL DEFAULT false,
            exit_code smallint,
            duration_ms real,
            note varchar NOT NULL DEFAULT '',
            log varchar NOT NULL DEFAULT ''
        ) WITH (fillfactor = 70)
    """)


def create_log_error_table(cr):
    """Create the table of counted errors; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_log_error (
            at timestamp NOT NULL,
            process varchar NOT NULL,
            count integer NOT NULL,
            message varchar NOT NULL
        )
    """)


def drop_tables(cr):
    """Drop everything that is made here, and the view that reads it."""
    cr.execute(
        "DROP TABLE IF EXISTS ops_health_check_state, ops_health_sample, ops_health_ping,"
        " ops_health_log_error CASCADE"
    )


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

    :param timedelta retention: how long samples and counted errors are kept
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
        cr.execute(SQL("ALTER TABLE ops_health_sample DETACH PARTITION %s", SQL.identifier(name)))
        cr.execute(SQL("DROP TABLE %s", SQL.identifier(name)))
    cr.execute(NO_LOCK_TIMEOUT)
    cr.execute(SQL("DELETE FROM ops_health_log_error WHERE at < %s - %s", NOW, retention))


def _partition(day):
    return f"ops_health_sample_{day:%Y%m%d}"


def _missing(cr, names):
    cr.execute("SELECT name FROM unnest(%s) AS name WHERE to_regclass(name) IS NULL", [list(names)])
    return [name for [name] in cr.fetchall()]


# === SCHEDULE === #


def schedule_now(cr, check_ids):
    """Make the checks due at once; a probe that is under way no longer counts."""
    schedule_within(cr, check_ids, 0)


def schedule_within(cr, check_ids, seconds):
    """Make the checks due within some seconds; a probe that is under way no longer counts."""
    # A race lost to the worker is ordinary, and Odoo repeats the request: no line in the log.
    cr.execute(
        SQL(
            """
            INSERT INTO ops_health_check_state AS state (check_id, next_run)
                 SELECT id, %(now)s + %(seconds)s * interval '1 second'
                   FROM unnest(%(ids)s::int[]) AS id
            ON CONFLICT (check_id) DO UPDATE
                    SET next_run = least(state.next_run, excluded.next_run),
                        fence = state.fence + 1,
                        lease_until = NULL
            """,
            now=NOW,
            seconds=seconds,
            ids=list(check_ids),
        ),
        log_exceptions=False,
    )


def claim_due(cr, owner, limit):
    """Lease the checks that are due to this process. Must come first in a transaction.

    :param str owner: who takes them, for humans
    :return: dictionaries with ``check_id``, ``fence`` (store the result with it),
        ``consecutive_failures``, ``consecutive_successes`` and ``since_last``, the seconds since
        the check was last looked at, or None
    """
    # Losing a race is not an error: whoever won it probes.
    cr.execute(
        SQL(
            """
            WITH due AS (
                SELECT state.check_id,
                       %(now)s + (checks.timeout + %(margin)s) * interval '1 second' AS lease_until
                  FROM ops_health_check_state AS state
                  JOIN ops_health_check AS checks ON checks.id = state.check_id
                  JOIN ops_environment AS environment ON environment.id = checks.environment_id
                 WHERE state.next_run <= %(now)s
                   AND (state.lease_until IS NULL OR state.lease_until <= %(now)s)
                   AND checks.active AND checks.state != 'paused' AND environment.active
              ORDER BY state.next_run
                 LIMIT %(limit)s
                   FOR NO KEY UPDATE OF state SKIP LOCKED
            )
            UPDATE ops_health_check_state AS state
               SET fence = state.fence + 1,
                   lease_until = due.lease_until,
                   lease_owner = %(owner)s
              FROM due
             WHERE state.check_id = due.check_id
         RETURNING state.check_id, state.fence,
                   state.consecutive_failures, state.consecutive_successes,
                   extract(epoch FROM %(now)s - state.last_at)::float AS since_last
            """,
            now=NOW,
            margin=LEASE_MARGIN,
            limit=limit,
            owner=owner,
        ),
        log_exceptions=False,
    )
    return cr.dictfetchall()


def seconds_to_due(cr):
    """Seconds until the next check is due, None if there is none."""
    cr.execute(
        SQL(
            """
            SELECT extract(epoch FROM min(greatest(state.next_run, state.lease_until)) - %s)::float
              FROM ops_health_check_state AS state
              JOIN ops_health_check AS checks ON checks.id = state.check_id
              JOIN ops_environment AS environment ON environment.id = checks.environment_id
             WHERE checks.active AND checks.state != 'paused' AND environment.active
            """,
            NOW,
        )
    )
    return cr.fetchone()[0]


# === RESULTS === #


def store_results(cr, results):
    """Store the results whose lease still holds, give the leases back and add the samples.

    :param list[dict] results: values of `RESULT_COLUMNS` and `SAMPLE_COLUMNS`; ``delay`` is the
        number of seconds until the next run
    :return: ids of the checks whose result counted
    """
    held = {
        check_id
        for [check_id] in cr.execute_values(
            """
            UPDATE ops_health_check_state AS state
               SET lease_until = NULL,
                   next_run = (now() AT TIME ZONE 'UTC') + result.delay * interval '1 second',
                   consecutive_failures = result.failures,
                   consecutive_successes = result.successes,
                   last_at = result.at,
                   last_verdict = result.verdict,
                   last_error = result.error,
                   last_message = result.message,
                   last_latency_ms = result.latency_ms,
                   last_value = result.value
              FROM (VALUES %s) AS result (
                       check_id, fence, delay, failures, successes,
                       at, verdict, error, message, latency_ms, value
                   )
             WHERE state.check_id = result.check_id AND state.fence = result.fence
         RETURNING state.check_id
            """,
            [[result[column] for column in RESULT_COLUMNS] for result in results],
            template="(%s, %s, %s, %s, %s, %s::timestamp, %s, %s, %s, %s::real, %s::real)",
            page_size=len(results),
            fetch=True,
        )
    }
    samples = [result for result in results if result["check_id"] in held]
    if samples:
        add_samples(cr, samples)
    return held


def add_samples(cr, samples):
    """Append samples by one COPY.

    :param list[dict] samples: values of `SAMPLE_COLUMNS`
    """
    add_partitions(cr, {sample["at"].date() for sample in samples})
    rows = io.StringIO()
    # What is empty is NULL, and all texts of a sample are codes that are never empty.
    csv.writer(rows).writerows(
        [sample[column] if sample[column] is not None else "" for column in SAMPLE_COLUMNS]
        for sample in samples
    )
    rows.seek(0)
    cr.copy_expert(
        "COPY ops_health_sample (check_id, at, verdict, error, status, latency_ms, value)"
        " FROM STDIN WITH (FORMAT csv)",
        rows,
    )


def latest(cr, check_ids):
    """What was last seen of the checks: dictionaries of the ``last_…`` columns by check."""
    cr.execute(
        """
        SELECT check_id, last_at, last_verdict, last_error, last_message,
               last_latency_ms, last_value
          FROM ops_health_check_state
         WHERE check_id = ANY(%s)
        """,
        [list(check_ids)],
    )
    return {row.pop("check_id"): row for row in cr.dictfetchall()}


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


def add_log_errors(cr, process, count, message):
    """Store how many errors a process logged, and the last of them."""
    cr.execute(
        SQL(
            "INSERT INTO ops_health_log_error VALUES (%s, %s, %s, %s)",
            NOW,
            process,
            count,
            message,
        ),
        log_exceptions=False,
    )


# === PINGS === #


def find_pinged(cr, token):
    """The heartbeat check that this token pings: its id and its grace, None if there is none.

    The index holds hashes: how long the search takes tells nothing about the tokens.
    """
    cr.execute(
        """
        SELECT id, grace
          FROM ops_health_check
         WHERE sha256(ping_token::bytea) = %s AND active AND kind = 'heartbeat'
        """,
        [hashlib.sha256(token.encode()).digest()],
    )
    return cr.fetchone()


def add_start(cr, check_id, run_id, log):
    """Take down that a run of a job began."""
    _write_ping(
        cr,
        check_id,
        SQL("started_at = %s, run_id = %s, log = %s", NOW, run_id, log),
    )


def add_log(cr, check_id, log):
    """Take down what a job said during a run, below what it said before."""
    _write_ping(
        cr,
        check_id,
        SQL(r"log = right(concat_ws(E'\n', nullif(log, ''), %s), %s)", log, MAX_LOG),
    )


def add_end(cr, check_id, run_id, note, failed, exit_code):
    """Take down that a run of a job ended.

    Without a run id, and with a failure, whatever is under way has ended. The end of one run says
    nothing about another one.

    :param str note: what the job sent along; without it, what it said during the run
    """
    is_this_run = SQL("run_id IS NOT DISTINCT FROM %s", run_id)
    _write_ping(
        cr,
        check_id,
        SQL(
            """
            duration_ms = CASE WHEN %(is_this_run)s
                               THEN extract(epoch FROM %(now)s - started_at) * 1000 END,
            started_at = CASE WHEN %(is_this_run)s OR %(ends_all)s THEN NULL ELSE started_at END,
            ended_at = %(now)s,
            failed = %(failed)s,
            exit_code = %(exit_code)s,
            note = coalesce(nullif(%(note)s, ''), log),
            log = ''
            """,
            is_this_run=is_this_run,
            now=NOW,
            ends_all=failed or run_id is None,
            failed=failed,
            exit_code=exit_code,
            note=note,
        ),
    )


def _write_ping(cr, check_id, values):
    # A race lost to another ping is ordinary, and Odoo repeats the request: no line in the log.
    cr.execute(
        SQL(
            "INSERT INTO ops_health_ping (check_id) VALUES (%s) ON CONFLICT DO NOTHING",
            check_id,
        ),
        log_exceptions=False,
    )
    cr.execute(
        SQL("UPDATE ops_health_ping SET %s WHERE check_id = %s", values, check_id),
        log_exceptions=False,
    )


def pings(cr, check_ids):
    """What the jobs behind the checks said last.

    :return: the time, and a `Pings` for each check
    """
    cr.execute(SQL("SELECT %s", NOW))
    [now] = cr.fetchone()
    cr.execute(
        """
        SELECT check_id, started_at, ended_at, failed, exit_code, duration_ms, note, log
          FROM ops_health_ping
         WHERE check_id = ANY(%s)
        """,
        [list(check_ids)],
    )
    said = {row.pop("check_id"): Pings(**row) for row in cr.dictfetchall()}
    return now, defaultdict(Pings, said)
