"""What the Odoo behind each check reported last, or was asked for, one row a check."""

import json

from odoo.tools import SQL

from ..odoo_facts import Facts
from .clock import NOW


def create_table(cr):
    """Create the table of the last reports; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_facts (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            received_at timestamp NOT NULL,
            signed_at bigint NOT NULL,
            awaited_since timestamp,
            document jsonb NOT NULL
        ) WITH (fillfactor = 70)
    """)


def keep(cr, check_id, signed_at, pause, document):
    """Store a report, unless it is not newer than the last one or comes too soon after it.

    It takes the place of what was fetched, for good.

    :param int signed_at: seconds since 1970 by the clock of who reports
    :param pause: seconds that have to pass between two reports
    :return: whether it was stored
    """
    # It waits for whoever stores another one. A race lost to that is ordinary, and Odoo repeats
    # the request: no line in the log.
    cr.execute(
        SQL(
            """
            INSERT INTO ops_health_facts AS facts (check_id, received_at, signed_at, document)
                 VALUES (%(check_id)s, %(now)s, %(signed_at)s, %(document)s)
            ON CONFLICT (check_id) DO UPDATE
                    SET received_at = excluded.received_at,
                        signed_at = excluded.signed_at,
                        document = excluded.document
                  WHERE facts.signed_at = 0
                     OR facts.signed_at < excluded.signed_at
                    AND facts.received_at <= excluded.received_at - %(pause)s * interval '1 second'
            """,
            check_id=check_id,
            now=NOW,
            signed_at=signed_at,
            document=json.dumps(document),
            pause=pause,
        ),
        log_exceptions=False,
    )
    return bool(cr.rowcount)


def keep_pulled(cr, documents):
    """Store what was fetched, unless an agent reports.

    :param dict[int, dict] documents: by check
    :return: those that were stored
    """
    stored = {}
    for check_id, document in sorted(documents.items()):
        cr.execute(
            SQL(
                """
                INSERT INTO ops_health_facts AS facts (check_id, received_at, signed_at, document)
                     VALUES (%(check_id)s, %(now)s, 0, %(document)s)
                ON CONFLICT (check_id) DO UPDATE
                        SET received_at = excluded.received_at,
                            document = excluded.document
                      WHERE facts.signed_at = 0
                """,
                check_id=check_id,
                now=NOW,
                document=json.dumps(document),
            ),
            log_exceptions=False,
        )
        if cr.rowcount:
            stored[check_id] = document
    return stored


def known(cr, check_ids, seconds):
    """Those of the checks whose facts an agent reports, or were fetched in the last seconds.

    :return: by check, whether it failed to fetch them
    """
    cr.execute(
        SQL(
            """
            SELECT check_id, signed_at = 0 AND document ? 'problem'
              FROM ops_health_facts
             WHERE check_id = ANY(%s)
                   AND (signed_at > 0 OR received_at > %s - %s * interval '1 second')
            """,
            list(check_ids),
            NOW,
            seconds,
        )
    )
    return dict(cr.fetchall())


def signed_at(cr, check_id):
    """When the last report was signed, in seconds since 1970 by the clock of who sent it."""
    cr.execute("SELECT signed_at FROM ops_health_facts WHERE check_id = %s", [check_id])
    return cr.fetchone()[0]


def latest(cr, check_ids):
    """What was reported last.

    :return: the time, and `Facts` by check
    """
    cr.execute(SQL("SELECT %s", NOW))
    [now] = cr.fetchone()
    cr.execute(
        """
        SELECT check_id, document, received_at, awaited_since, signed_at = 0
          FROM ops_health_facts
         WHERE check_id = ANY(%s)
        """,
        [list(check_ids)],
    )
    return now, {check_id: Facts(*reported) for check_id, *reported in cr.fetchall()}


def modules(cr, check_ids):
    """The installed modules that were reported last: versions by name, by check."""
    cr.execute(
        "SELECT check_id, document->'modules' FROM ops_health_facts WHERE check_id = ANY(%s)",
        [list(check_ids)],
    )
    return dict(cr.fetchall())


def await_anew(cr, check_ids):
    """Give the agents time to report again, for Ops Center was away."""
    cr.execute(
        SQL(
            "UPDATE ops_health_facts SET awaited_since = %s WHERE check_id = ANY(%s)",
            NOW,
            list(check_ids),
        ),
        log_exceptions=False,
    )


def having_module(cr, patterns):
    """Ids of the checks whose Odoo has a module installed with a name like one of these."""
    cr.execute(
        """
        SELECT check_id
          FROM ops_health_facts
         WHERE EXISTS (
               SELECT
                 FROM jsonb_object_keys(document->'modules') AS name
                WHERE name ILIKE ANY(%s)
         )
        """,
        [patterns],
    )
    return [check_id for [check_id] in cr.fetchall()]


def forget(cr, check_ids):
    """Drop what was reported to the checks, for nobody reports to them any more."""
    cr.execute(
        SQL("DELETE FROM ops_health_facts WHERE check_id = ANY(%s)", list(check_ids)),
        log_exceptions=False,
    )


def forget_pulled(cr, check_ids):
    """Drop what was fetched for the checks, for it is fetched otherwise or no more."""
    cr.execute(
        SQL(
            "DELETE FROM ops_health_facts WHERE check_id = ANY(%s) AND signed_at = 0",
            list(check_ids),
        ),
        log_exceptions=False,
    )
