"""The certificate that each check was shown last, one row a check, rewritten when it changes."""

import json

# Servers behind one name may each have a certificate of their own, and take turns.
KNOWN = 8


def create_table(cr):
    """Create the table of the last certificates; harmless if it exists."""
    cr.execute("""
        CREATE TABLE IF NOT EXISTS ops_health_certificate (
            check_id integer PRIMARY KEY REFERENCES ops_health_check ON DELETE CASCADE,
            certificate jsonb NOT NULL,
            fingerprints varchar[] NOT NULL
        )
    """)


def keep(cr, shown):
    """Store the certificates that differ from those stored.

    :param dict[int, dict] shown: `probes.Result.certificate` by check
    :return: ids of the checks that were shown one which nobody saw before, in place of another
    """
    cr.execute(
        """
        SELECT shown.check_id, stored.fingerprints
          FROM unnest(%s::int[], %s::text[]) AS shown (check_id, certificate)
     LEFT JOIN ops_health_certificate AS stored ON stored.check_id = shown.check_id
         WHERE stored.certificate IS DISTINCT FROM shown.certificate::jsonb
        """,
        [list(shown), [json.dumps(certificate) for certificate in shown.values()]],
    )
    replaced = []
    for check_id, known in cr.fetchall():
        fingerprint = shown[check_id]["fingerprint"]
        if known and fingerprint not in known:
            replaced.append(check_id)
        others = [each for each in known or () if each != fingerprint]
        cr.execute(
            """
            INSERT INTO ops_health_certificate (check_id, certificate, fingerprints)
                 VALUES (%s, %s, %s)
            ON CONFLICT (check_id) DO UPDATE
                    SET certificate = excluded.certificate, fingerprints = excluded.fingerprints
            """,
            [check_id, json.dumps(shown[check_id]), [fingerprint, *others][:KNOWN]],
        )
    return replaced


def latest(cr, check_ids):
    """The certificates that the checks were shown last, by check."""
    cr.execute(
        "SELECT check_id, certificate FROM ops_health_certificate WHERE check_id = ANY(%s)",
        [list(check_ids)],
    )
    return dict(cr.fetchall())
