"""What the Odoo that each check looks at told of itself, one row a check, rewritten on changes."""

import json


def create_table(cr):
    """Create the table of the Odoo installations; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_installation (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            told jsonb NOT NULL
        )
    """)


def keep(cr, told):
    """Store what differs from what is stored.

    :param dict[int, dict] told: `probes.Result.odoo` by check
    :return: what was stored before, by check, of those that differed and had something stored
    """
    cr.execute(
        """
        SELECT new.check_id, stored.told
          FROM unnest(%s::int[], %s::jsonb[]) AS new (check_id, told)
     LEFT JOIN ops_health_installation AS stored ON stored.check_id = new.check_id
         WHERE stored.told IS DISTINCT FROM new.told
        """,
        [list(told), [json.dumps(each) for each in told.values()]],
    )
    former = dict(cr.fetchall())
    for check_id in former:
        cr.execute(
            """
            INSERT INTO ops_health_installation (check_id, told)
                 VALUES (%s, %s)
            ON CONFLICT (check_id) DO UPDATE SET told = excluded.told
            """,
            [check_id, json.dumps(told[check_id])],
        )
    return {check_id: before for check_id, before in former.items() if before}


def latest(cr, check_ids):
    """What the checks were told last, by check."""
    cr.execute(
        "SELECT check_id, told FROM ops_health_installation WHERE check_id = ANY(%s)",
        [list(check_ids)],
    )
    return dict(cr.fetchall())
