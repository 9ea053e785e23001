"""From when to when each check was in which state: what uptime is made of, exactly."""

from odoo.tools import SQL
from odoo.tools.sql import table_exists

from .clock import NOW

# States that say how the target was: only somebody who looks knows them.
SEEN = ("up", "degraded", "down", "suppressed")

# From when on nobody looked at a check (`checks`, with its `state`), though it was time to; NULL
# while its next result may still come. What a heartbeat waits for may come as late as its grace.
UNSEEN_SINCE = SQL(
    """
    CASE WHEN %s > state.last_at + interval '1 second' * (
             2 * checks.interval
             + CASE checks.kind WHEN 'heartbeat' THEN checks.grace ELSE checks.timeout END
         )
         THEN state.last_at + interval '1 second' * checks.interval
    END
    """,
    NOW,
)

# The same of any check. Groups don't look: nobody sees them once nobody sees any of the members.
ANY_UNSEEN_SINCE = SQL(
    """
    CASE WHEN checks.kind != 'group' THEN %(unseen_since)s ELSE (
        WITH RECURSIVE part (id) AS (
            SELECT member_id FROM ops_health_check_member_rel WHERE group_id = checks.id
             UNION
            SELECT deeper.member_id
              FROM part JOIN ops_health_check_member_rel AS deeper ON deeper.group_id = part.id
        )
        SELECT CASE WHEN count(*) = count(member.since) THEN max(member.since) END
          FROM (SELECT %(unseen_since)s AS since
                  FROM part
                  JOIN ops_health_check AS checks ON checks.id = part.id
                  JOIN ops_health_check_state AS state ON state.check_id = checks.id
                 WHERE checks.active AND checks.kind != 'group' AND checks.state != 'paused'
               ) AS member
    ) END
    """,
    unseen_since=UNSEEN_SINCE,
)


def create_table(cr):
    """Create the table of states; harmless if it exists. What is known of the present is in it."""
    # Odoo comes here whenever a module is installed, while the worker writes.
    if table_exists(cr, "ops_health_interval"):
        return
    cr.execute("""
        CREATE TABLE ops_health_interval (
            check_id integer NOT NULL REFERENCES ops_health_check ON DELETE CASCADE,
            state varchar NOT NULL,
            started_at timestamp NOT NULL,
            ended_at timestamp,
            seconds float GENERATED ALWAYS AS (extract(epoch FROM ended_at - started_at)) STORED
        );
        CREATE INDEX ops_health_interval_check_id_ended_at
            ON ops_health_interval (check_id, ended_at);
        CREATE UNIQUE INDEX ops_health_interval_current
            ON ops_health_interval (check_id) WHERE ended_at IS NULL;
        INSERT INTO ops_health_interval (check_id, state, started_at)
             SELECT id, state, coalesce(state_since, create_date)
               FROM ops_health_check
    """)


# === WRITING === #


def begin(cr, check_ids, state, at):
    """Have the checks be in a state from a time on, which ends the one that they were in."""
    # A race lost to the worker is ordinary, and Odoo repeats the request: no line in the log.
    cr.execute(
        """
        UPDATE ops_health_interval
           SET ended_at = greatest(started_at, %s)
         WHERE check_id = ANY(%s) AND ended_at IS NULL
        """,
        [at, list(check_ids)],
        log_exceptions=False,
    )
    cr.execute(
        """
        INSERT INTO ops_health_interval (check_id, state, started_at)
             SELECT id, %s, greatest(%s, (SELECT max(ended_at) FROM ops_health_interval
                                           WHERE check_id = id))
               FROM unnest(%s::int[]) AS id
        """,
        [state, at, list(check_ids)],
    )


def add_unseen(cr, gaps):
    """Have checks be unknown for a time in which nobody looked at them.

    What needs nobody to look, such as a pause, stays.

    :param list[tuple] gaps: check id, beginning, end
    """
    if not gaps:
        return
    gaps = [*gaps, *_gaps_of_groups(cr, gaps)]
    cr.execute_values(
        """
        WITH gap (check_id, started_at, ended_at) AS (VALUES %s),
        hit AS (
            DELETE FROM ops_health_interval AS span
                  USING gap
                  WHERE span.check_id = gap.check_id
                    AND span.state IN ('up', 'degraded', 'down', 'suppressed')
                    AND span.started_at < gap.ended_at
                    AND (span.ended_at IS NULL OR span.ended_at > gap.started_at)
              RETURNING span.*, gap.started_at AS gap_start, gap.ended_at AS gap_end
        )
        INSERT INTO ops_health_interval (check_id, state, started_at, ended_at)
             SELECT hit.check_id, piece.*
               FROM hit
         CROSS JOIN LATERAL (VALUES
                        (state, started_at, gap_start),
                        ('unknown', greatest(started_at, gap_start), least(ended_at, gap_end)),
                        (state, gap_end, ended_at)
                    ) AS piece (state, started_at, ended_at)
              WHERE piece.started_at < coalesce(piece.ended_at, 'infinity')
        """,
        gaps,
        template="(%s, %s::timestamp, %s::timestamp)",
        page_size=len(gaps),
    )


def _gaps_of_groups(cr, gaps):
    """The gaps of groups none of whose members was seen until those of the gaps were."""
    cr.execute(
        SQL(
            """
            WITH RECURSIVE gap AS (
                SELECT *
                  FROM unnest(%(ids)s::int[], %(starts)s::timestamp[], %(ends)s::timestamp[])
                       AS gap (check_id, started_at, ended_at)
            ),
            above (id) AS (
                SELECT group_id FROM ops_health_check_member_rel
                 WHERE member_id = ANY(%(ids)s)
                 UNION
                SELECT higher.group_id
                  FROM above JOIN ops_health_check_member_rel AS higher
                    ON higher.member_id = above.id
            ),
            below (top, id) AS (
                SELECT above.id, rel.member_id
                  FROM above JOIN ops_health_check_member_rel AS rel ON rel.group_id = above.id
                 UNION
                SELECT below.top, rel.member_id
                  FROM below JOIN ops_health_check_member_rel AS rel ON rel.group_id = below.id
            )
            SELECT below.top, max(coalesce(gap.started_at, %(unseen_since)s)), min(gap.ended_at)
              FROM below
              JOIN ops_health_check AS checks ON checks.id = below.id
              JOIN ops_health_check_state AS state ON state.check_id = checks.id
         LEFT JOIN gap ON gap.check_id = checks.id
             WHERE checks.active AND checks.kind != 'group' AND checks.state != 'paused'
          GROUP BY below.top
            HAVING count(*) = count(coalesce(gap.started_at, %(unseen_since)s))
                   AND max(coalesce(gap.started_at, %(unseen_since)s)) < min(gap.ended_at)
            """,
            ids=[check_id for check_id, _start, _end in gaps],
            starts=[start for _check_id, start, _end in gaps],
            ends=[end for _check_id, _start, end in gaps],
            unseen_since=UNSEEN_SINCE,
        )
    )
    return cr.fetchall()


# === READING === #


def uptime(cr, check_ids, length):
    """The share of the time in which the checks were up or degraded.

    Counted is the time in which they are known to have been up, degraded or down, suppressed or
    not: neither pauses nor maintenance nor what nobody saw.

    :param timedelta length: of the time, which ends now
    :return: shares from 0 to 1 by check, without those of which nothing is known
    """
    cr.execute(SQL("SELECT %s, %s - %s", NOW, NOW, length))
    now, begin = cr.fetchone()
    cr.execute(
        SQL(
            """
            WITH past AS (
                SELECT check_id, state IN ('down', 'suppressed') AS down,
                       CASE WHEN started_at >= %(begin)s THEN seconds
                            ELSE extract(epoch FROM ended_at - %(begin)s) END AS seconds
                  FROM ops_health_interval
                 WHERE check_id = ANY(%(ids)s) AND state = ANY(%(seen)s) AND ended_at > %(begin)s
            ),
            present AS (
                SELECT span.check_id, span.state IN ('down', 'suppressed') AS down,
                       extract(
                           epoch FROM coalesce(%(unseen_since)s, %(now)s)
                                      - greatest(span.started_at, %(begin)s)
                       )::float AS seconds
                  FROM ops_health_interval AS span
                  JOIN ops_health_check AS checks ON checks.id = span.check_id
             LEFT JOIN ops_health_check_state AS state ON state.check_id = span.check_id
                 WHERE span.check_id = ANY(%(ids)s) AND span.state = ANY(%(seen)s)
                   AND span.ended_at IS NULL
            ),
            -- The past is long: it is added up before the present joins it.
            total AS (
                SELECT check_id, sum(seconds) AS known, sum(seconds) FILTER (WHERE down) AS down
                  FROM past
              GROUP BY check_id
             UNION ALL
                SELECT check_id, seconds, CASE WHEN down THEN seconds END
                  FROM present
                 WHERE seconds > 0
            )
            SELECT check_id, 1 - coalesce(sum(down), 0) / sum(known)
              FROM total
          GROUP BY check_id
            HAVING sum(known) > 0
            """,
            unseen_since=ANY_UNSEEN_SINCE,
            now=now,
            begin=begin,
            ids=list(check_ids),
            seen=list(SEEN),
        )
    )
    return dict(cr.fetchall())


def unseen_since(cr, check_ids):
    """By check since when nobody has looked, though it was time to: what is known of them is old.

    Those that are looked at are left out.
    """
    cr.execute(
        SQL(
            """
            SELECT id, since
              FROM (SELECT checks.id, %s AS since
                      FROM ops_health_check AS checks
                 LEFT JOIN ops_health_check_state AS state ON state.check_id = checks.id
                     WHERE checks.id = ANY(%s)
                   ) AS seen
             WHERE since IS NOT NULL
            """,
            ANY_UNSEEN_SINCE,
            list(check_ids),
        )
    )
    return dict(cr.fetchall())


def seconds_by_state(cr, check_ids, bounds):
    """How long checks were in which state during consecutive periods.

    :param list[datetime] bounds: the beginning of each period, and the end of the last
    :return: by check, for each period, a dictionary of seconds by state
    """
    cr.execute(
        SQL(
            """
            SELECT span.check_id, period.number, piece.state,
                   extract(epoch FROM sum(
                       least(piece.ended_at, period.ended_at)
                       - greatest(piece.started_at, period.started_at)
                   ))::float
              FROM ops_health_interval AS span
              JOIN ops_health_check AS checks ON checks.id = span.check_id
         LEFT JOIN ops_health_check_state AS state ON state.check_id = span.check_id
        CROSS JOIN LATERAL (
                       SELECT CASE WHEN span.ended_at IS NULL AND span.state = ANY(%(seen)s)
                                   THEN %(unseen_since)s END
                   ) AS look (missed_at)
        CROSS JOIN LATERAL (VALUES
                       (span.state, span.started_at,
                        coalesce(span.ended_at, look.missed_at, %(now)s)),
                       ('unknown', greatest(span.started_at, look.missed_at),
                        CASE WHEN look.missed_at IS NOT NULL THEN %(now)s END)
                   ) AS piece (state, started_at, ended_at)
              JOIN unnest(%(starts)s::timestamp[], %(ends)s::timestamp[])
                   WITH ORDINALITY AS period (started_at, ended_at, number)
                ON piece.started_at < period.ended_at AND piece.ended_at > period.started_at
             WHERE span.check_id = ANY(%(ids)s) AND piece.started_at < piece.ended_at
               -- What ended before needs no comparing with each of the periods.
               AND (span.ended_at IS NULL OR span.ended_at > %(begin)s)
          GROUP BY 1, 2, 3
            """,
            seen=list(SEEN),
            unseen_since=ANY_UNSEEN_SINCE,
            now=NOW,
            starts=bounds[:-1],
            ends=bounds[1:],
            ids=list(check_ids),
            begin=bounds[0],
        )
    )
    periods = {check_id: [{} for _start in bounds[1:]] for check_id in check_ids}
    for check_id, number, state, seconds in cr.fetchall():
        periods[check_id][number - 1][state] = seconds
    return periods
