"""What the metrics of a company are made of, read at once, so that its parts fit together."""

from odoo.tools import SQL

from .clock import NOW
from .intervals import ANY_UNSEEN_SINCE, SEEN


def read(cr, company_id, most, worker_silence):
    """All that is measured of a company.

    :param int most: checks; the others are only counted
    :param timedelta worker_silence: after which a worker counts as gone
    :return: a dictionary with ``workers``, ``notifications``, ``incidents`` (by severity),
        ``total`` (of checks) and ``checks``: dictionaries with ``id``, ``name``, ``environment``,
        ``kind``, ``state``, ``lateness`` (seconds), and what was seen last, as far as it is known:
        ``verdict``, ``latency_ms``, ``status``, ``phases`` (milliseconds by name), ``expires``
        (seconds since 1970)
    """
    cr.execute(
        SQL(
            """
            WITH watched AS (
                SELECT checks.id, checks.name,
                       application.name || ' / ' || environment.name AS environment,
                       checks.kind, checks.state, checks.state = 'paused' AS paused
                  FROM ops_health_check AS checks
                  JOIN ops_environment AS environment ON environment.id = checks.environment_id
                  JOIN ops_application AS application ON application.id = environment.application_id
                 WHERE checks.company_id = %(company)s AND checks.active AND environment.active
            ),
            measured AS (
                SELECT watched.id, watched.name, watched.environment, watched.kind,
                       CASE WHEN look.missed_at IS NOT NULL AND watched.state = ANY(%(seen)s)
                            THEN 'unknown' ELSE watched.state END AS state,
                       -- What was seen long ago would be taken for the present.
                       CASE WHEN look.missed_at IS NULL THEN state.last_verdict END AS verdict,
                       CASE WHEN look.missed_at IS NULL THEN state.last_latency_ms END
                       AS latency_ms,
                       CASE WHEN look.missed_at IS NULL THEN sample.status END AS status,
                       CASE WHEN look.missed_at IS NULL THEN state.last_phases END AS phases,
                       (certificate.certificate->>'chain_not_after')::float AS expires,
                       CASE WHEN watched.paused OR state.lease_until > %(now)s THEN 0
                            ELSE greatest(0, extract(epoch FROM %(now)s - state.next_run))
                       END AS lateness
                  FROM (SELECT * FROM watched ORDER BY id LIMIT %(most)s) AS watched
                  JOIN ops_health_check AS checks ON checks.id = watched.id
             LEFT JOIN ops_health_check_state AS state ON state.check_id = watched.id
            CROSS JOIN LATERAL (SELECT %(unseen_since)s) AS look (missed_at)
             LEFT JOIN ops_health_certificate AS certificate
                       ON certificate.check_id = watched.id AND NOT watched.paused
             LEFT JOIN LATERAL (
                           SELECT status FROM ops_health_sample
                            WHERE check_id = watched.id AND at = state.last_at
                            LIMIT 1
                       ) AS sample ON watched.kind = 'http'
              ORDER BY watched.id
            )
            SELECT (SELECT count(*) FROM ops_worker WHERE beat_at > %(now)s - %(silence)s)
                   AS workers,
                   (SELECT count(*) FROM ops_notification
                     WHERE company_id = %(company)s AND state IN ('pending', 'sending', 'retry'))
                   AS notifications,
                   (SELECT coalesce(jsonb_object_agg(severity, number), '{}')
                      FROM (SELECT severity, count(*) AS number FROM ops_health_incident
                             WHERE company_id = %(company)s AND state != 'resolved'
                          GROUP BY severity) AS incident)
                   AS incidents,
                   (SELECT count(*) FROM watched) AS total,
                   (SELECT coalesce(jsonb_agg(measured ORDER BY id), '[]') FROM measured) AS checks
            """,
            company=company_id,
            most=most,
            now=NOW,
            seen=list(SEEN),
            unseen_since=ANY_UNSEEN_SINCE,
            silence=worker_silence,
        )
    )
    return cr.dictfetchone()
