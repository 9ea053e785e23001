"""What each check is at: when it runs next, who holds it and what was last seen of it."""

from odoo.tools import SQL
from odoo.tools.sql import column_exists

from . import samples
from .clock import NOW
from .intervals import UNSEEN_SINCE

LEASE_MARGIN = 30  # seconds for storing a result after the probe's own timeout

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
    # Not even tried where it is there: the lock would stop the worker until Odoo is done.
    if not column_exists(cr, "ops_health_check_state", "revision"):
        cr.execute(
            "ALTER TABLE ops_health_check_state ADD COLUMN revision integer NOT NULL DEFAULT 0"
        )


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
        result with it), ``state``, ``consecutive_failures``, ``consecutive_successes``, ``due_in``
        and ``since_last``: the seconds until its time and since the last look, or None; and
        ``unseen_since``, from when on nobody looked though it was time to, or None
    """
    # Losing a race is not an error: whoever won it probes.
    cr.execute(
        SQL(
            """
            WITH due AS (
                SELECT state.check_id, checks.state, checks.company_id,
                       %(unseen_since)s AS unseen_since,
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
                   due.unseen_since,
                   state.consecutive_failures, state.consecutive_successes,
                   extract(epoch FROM state.next_run - %(now)s)::float AS due_in,
                   extract(epoch FROM %(now)s - state.last_at)::float AS since_last
            """,
            now=NOW,
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


def store_results(cr, results):
    """Store the results whose lease still holds, give the leases back and add the samples.

    :param list[dict] results: values of `RESULT_COLUMNS` and `samples.COLUMNS`; ``delay`` is the
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
    held_results = [result for result in results if result["check_id"] in held]
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
