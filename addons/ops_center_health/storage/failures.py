"""The last failing answer that each check got, one row a check."""

import json
from datetime import datetime

COLUMNS = ("check_id", "at", "message", "evidence")


def create_table(cr):
    """Create the table of the last failures; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_failure (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            at timestamp NOT NULL,
            message varchar NOT NULL,
            evidence varchar NOT NULL
        ) WITH (fillfactor = 70)
    """)


def keep(cr, results):
    """Store what the checks saw, once a minute as long as it is the same.

    :param list[dict] results: values of `COLUMNS`
    """
    rows = [{column: result[column] for column in COLUMNS} for result in results]
    cr.execute(
        """
        INSERT INTO ops_health_failure AS failure (check_id, at, message, evidence)
             SELECT *
               FROM json_to_recordset(%s) AS result (
                        check_id integer, at timestamp, message varchar, evidence varchar
                    )
           ORDER BY check_id
        ON CONFLICT (check_id) DO UPDATE
                SET at = excluded.at, message = excluded.message, evidence = excluded.evidence
              WHERE failure.message != excluded.message
                 OR failure.at NOT BETWEEN excluded.at - interval '1 minute' AND excluded.at
        """,
        [json.dumps(rows, default=datetime.isoformat)],
    )


def latest(cr, check_ids):
    """What the checks saw last: dictionaries of ``at``, ``message`` and ``evidence`` by check."""
    cr.execute(
        """
        SELECT check_id, at, message, evidence FROM ops_health_failure WHERE check_id = ANY(%s)
        """,
        [list(check_ids)],
    )
    return {row.pop("check_id"): row for row in cr.dictfetchall()}
