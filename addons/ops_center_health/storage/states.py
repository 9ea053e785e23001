"""What each check is at: when it runs next, who holds it and what was last seen of it."""

import json
from datetime import datetime

from odoo.tools import SQL
from odoo.tools.sql import column_exists

from . import samples
from .clock import NOW
from .intervals import UNSEEN_SINCE

CLOCK_TOLERANCE = 60  # seconds
LEASE_MARGIN = 30  # seconds for storing a result after the probe's own timeout

# The state of a check (`checks`). Nobody knows that of a suppressed one once what it depends on is
# no longer down.
HELD_STATE = SQL("""
    CASE WHEN checks.state = 'suppressed' AND NOT EXISTS (
             SELECT 1
               FROM ops_health_check_dependency AS dependency
               JOIN ops_health_check AS parent ON parent.id = dependency.parent_id
               JOIN ops_environment AS home ON home.id = parent.environment_id
              WHERE dependency.check_id = checks.id
                AND parent.active AND parent.state IN ('down', 'suppressed') AND home.active
         )
         THEN 'unknown' ELSE checks.state
    END
""")

RESULT_COLUMNS = (
    "check_id",
    "fence",
    "delay",
    "recent",
    "at",
    "verdict",
    "error",
    "message",
    "latency_ms",
    "value",
    "lateness",
    "phases",
)

# Columns that came later than the table, and their types.
ADDED_COLUMNS = {
    "revision": "integer NOT NULL DEFAULT 0",
    "last_lateness": "real",
    "last_phases": "json",  # which keeps their order, and is stored as it is
}


def create_table(cr):
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
            recent varchar NOT NULL DEFAULT '',
            last_at timestamp,
            last_latency_ms real,
            last_value real,
            last_verdict varchar,
            last_error varchar,
            last_message varchar
        ) WITH (fillfactor = 70)
    """)
    # Not even tried where it is there: the lock would stop the worker until Odoo is done.
    for name, definition in ADDED_COLUMNS.items():
        if not column_exists(cr, "ops_health_check_state", name):
            cr.execute(
                SQL(
                    "ALTER TABLE ops_health_check_state ADD COLUMN %s %s",
                    SQL.identifier(name),
                    SQL(definition),
                )
            )
    if not column_exists(cr, "ops_health_check_state", "recent"):
        # What the counters told that it replaces; more can't be asked for.
        cr.execute("""
            ALTER TABLE ops_health_check_state ADD COLUMN recent varchar NOT NULL DEFAULT '';
            UPDATE ops_health_check_state
               SET recent = CASE WHEN consecutive_failures > 0
                                 THEN repeat('d', least(consecutive_failures, 60))
                                 ELSE repeat('u', least(consecutive_successes, 60)) END;
            ALTER TABLE ops_health_check_state
                DROP COLUMN consecutive_failures, DROP COLUMN consecutive_successes;
            UPDATE ops_health_check
               SET failure_threshold = least(failure_threshold, 60),
                   success_threshold = least(success_threshold, 60)
             WHERE greatest(failure_threshold, success_threshold) > 60
        """)


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


def start_over(cr, check_ids):
    """Make the checks due at once, and have no former result speak for or against them."""
    schedule_now(cr, check_ids)
    forget_recent(cr, check_ids)


def forget_recent(cr, check_ids):
    """Have no former result of the checks speak for or against them."""
    cr.execute(
        "UPDATE ops_health_check_state SET recent = '' WHERE check_id = ANY(%s)",
        [list(check_ids)],
        log_exceptions=False,
    )


def hasten(cr, check_ids, since):
    """Make the checks due at once that were not looked at since, but for what is under way."""
    cr.execute(
        SQL(
            """
            UPDATE ops_health_check_state
               SET next_run = least(next_run, %(now)s)
             WHERE check_id = ANY(%(ids)s) AND (last_at IS NULL OR last_at < %(since)s)
               AND (lease_until IS NULL OR lease_until <= %(now)s)
            """,
            now=NOW,
            ids=list(check_ids),
            since=since,
        ),
        log_exceptions=False,
    )


def begin_anew(cr, check_ids):
    """Have checks that were not to be looked at be due from now on, not since they were."""
    cr.execute(
        SQL(
            "UPDATE ops_health_check_state SET next_run = greatest(next_run, %s)"
            " WHERE check_id = ANY(%s)",
            NOW,
            list(check_ids),
        ),
        log_exceptions=False,
    )


def follow_clock(cr):
    """Have checks be due, and leases be over, that lie further ahead than anybody plans.

    The clock was set back since then, and nobody would look until it is that late again. What
    heartbeats are due for may be weeks away, so they wait.
    """
    # A race lost to another worker is ordinary: it does the same.
    cr.execute(
        SQL(
            """
            UPDATE ops_health_check_state AS state
               SET next_run = CASE WHEN checks.kind = 'heartbeat' THEN state.next_run
                                   ELSE least(state.next_run, %(now)s) END,
                   lease_until = NULL
              FROM ops_health_check AS checks
             WHERE checks.id = state.check_id
               AND (checks.kind != 'heartbeat'
                    AND state.next_run
                        > %(now)s + (checks.interval + %(tolerance)s) * interval '1 second'
                    OR state.lease_until > %(now)s + interval '1 second'
                                           * (checks.timeout + %(margin)s + %(tolerance)s))
            """,
            now=NOW,
            margin=LEASE_MARGIN,
            tolerance=CLOCK_TOLERANCE,
        ),
        log_exceptions=False,
    )


def revise(cr, check_ids):
    """Count up the revision of the checks: what a process knows of them is out of date."""
    # A race lost to the worker is ordinary, and Odoo repeats the request: no line in the log.
    cr.execute(
        "UPDATE ops_health_check_state SET revision = revision + 1 WHERE check_id = ANY(%s)",
        [list(check_ids)],
        log_exceptions=False,
    )


def claim_due(cr, owner, limit, ahead=0.0):
    """Lease the checks that are due to this process. Must come first in a transaction.

    :param str owner: who takes them, for humans
    :param float ahead: seconds by which checks of what is reached over the network are taken
        before their time
    :return: dictionaries with ``check_id``, ``company_id``, ``revision``, ``fence`` (store the
        result with it), ``state``, ``recent``, ``is_flapping``, ``due_in`` and ``since_last``: the
        seconds until its time and since the last look, or None; and ``unseen_since``, from when on
        nobody looked though it was time to, or None
    """
    # Losing a race is not an error: whoever won it probes.
    cr.execute(
        SQL(
            """
            WITH due AS (
                SELECT state.check_id, %(held_state)s AS state, checks.company_id,
                       checks.is_flapping, %(unseen_since)s AS unseen_since,
                       %(now)s + (checks.timeout + %(margin)s) * interval '1 second' AS lease_until
                  FROM ops_health_check_state AS state
                  JOIN ops_health_check AS checks ON checks.id = state.check_id
                  JOIN ops_environment AS environment ON environment.id = checks.environment_id
                 WHERE state.next_run - %(ahead)s <= %(now)s
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
         RETURNING state.check_id, state.fence, state.revision, due.state, due.company_id,
                   due.unseen_since, state.recent, due.is_flapping,
                   extract(epoch FROM state.next_run - %(now)s)::float AS due_in,
                   extract(epoch FROM %(now)s - state.last_at)::float AS since_last
            """,
            now=NOW,
            held_state=HELD_STATE,
            unseen_since=UNSEEN_SINCE,
            margin=LEASE_MARGIN,
            limit=limit,
            ahead=_ahead(ahead),
            owner=owner,
        ),
        log_exceptions=False,
    )
    return cr.dictfetchall()


def _ahead(seconds):
    """By how much a check may be taken before its time: what is measured here, by nothing."""
    return SQL(
        "CASE WHEN checks.kind IN ('self', 'heartbeat') THEN 0 ELSE %s END * interval '1 second'",
        seconds,
    )


def seconds_to_due(cr, ahead=0.0):
    """Seconds until the next check may be taken, None if there is none.

    :param float ahead: as of `claim_due`
    """
    cr.execute(
        SQL(
            """
            SELECT extract(
                       epoch FROM min(greatest(state.next_run - %(ahead)s, state.lease_until))
                                  - %(now)s
                   )::float
              FROM ops_health_check_state AS state
              JOIN ops_health_check AS checks ON checks.id = state.check_id
              JOIN ops_environment AS environment ON environment.id = checks.environment_id
             WHERE checks.active AND checks.state != 'paused' AND environment.active
            """,
            ahead=_ahead(ahead),
            now=NOW,
        )
    )
    return cr.fetchone()[0]


def release(cr, leases):
    """Give leases back, so that others take the checks at once.

    :param leases: pairs of check id and fence
    """
    cr.execute_values(
        """
        UPDATE ops_health_check_state AS state
           SET lease_until = NULL
          FROM (VALUES %s) AS lease (check_id, fence)
         WHERE state.check_id = lease.check_id AND state.fence = lease.fence
        """,
        leases,
    )


# === RESULTS === #


def last_seen_with(cr, error):
    """Ids of the checks that were last seen with an error."""
    cr.execute("SELECT check_id FROM ops_health_check_state WHERE last_error = %s", [error])
    return [check_id for [check_id] in cr.fetchall()]


def store_results(cr, results):
    """Store the results whose lease still holds, give the leases back and add the samples.

    :param list[dict] results: values of `RESULT_COLUMNS` and `samples.COLUMNS`; ``delay`` is the
        number of seconds until the next run, ``lateness`` of those that the look began too late,
        ``phases`` what took how many milliseconds, or None
    :return: pairs of check id and fence, those of the results that counted
    """
    rows = [{column: result[column] for column in RESULT_COLUMNS} for result in results]
    # One value: neither side takes apart rows of parameters half as fast.
    cr.execute(
        """
        UPDATE ops_health_check_state AS state
           SET lease_until = NULL,
               next_run = (now() AT TIME ZONE 'UTC') + result.delay * interval '1 second',
               recent = result.recent,
               last_at = result.at,
               last_verdict = result.verdict,
               last_error = result.error,
               last_message = result.message,
               last_latency_ms = result.latency_ms,
               last_value = result.value,
               last_lateness = result.lateness,
               last_phases = result.phases
          FROM json_to_recordset(%s) AS result (
                   check_id integer, fence bigint, delay float, recent varchar, at timestamp,
                   verdict varchar, error varchar, message varchar, latency_ms real, value real,
                   lateness real, phases json
               )
         WHERE state.check_id = result.check_id AND state.fence = result.fence
     RETURNING state.check_id, state.fence
        """,
        [json.dumps(rows, default=datetime.isoformat)],
    )
    held = set(cr.fetchall())
    # A check may be looked at anew while a former look is under way: only the newer one counts.
    held_results = [result for result in results if (result["check_id"], result["fence"]) in held]
    if held_results:
        samples.add(cr, held_results)
    return held


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


def are_sound(cr, check_ids, since):
    """Whether all the checks were looked at since then, and none was found to be down."""
    cr.execute(
        """
        SELECT count(*) = cardinality(%(ids)s::int[])
          FROM ops_health_check_state
         WHERE check_id = ANY(%(ids)s) AND last_at >= %(since)s AND last_verdict != 'down'
        """,
        {"ids": list(check_ids), "since": since},
    )
    return cr.fetchone()[0]


def looks(cr, check_ids):
    """When the checks run next, and how the last look at them went.

    :return: dictionaries with ``next_run``, ``last_lateness`` (seconds) and ``last_phases``
        (milliseconds by phase) by check
    """
    cr.execute(
        """
        SELECT check_id, next_run, last_lateness, last_phases
          FROM ops_health_check_state
         WHERE check_id = ANY(%s)
        """,
        [list(check_ids)],
    )
    return {row.pop("check_id"): row for row in cr.dictfetchall()}
