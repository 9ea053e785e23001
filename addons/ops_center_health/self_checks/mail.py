"""E-mails that do not leave."""

from .measure import Measure, Surroundings, number

STUCK_MINUTES = 60
FAILED_HOURS = 24

QUERY = """
    SELECT state, count(*), min(failure_reason)
      FROM mail_mail
     WHERE state = 'outgoing'
           AND (scheduled_date IS NULL OR scheduled_date < (now() AT TIME ZONE 'UTC'))
           AND write_date < (now() AT TIME ZONE 'UTC') - %s * interval '1 minute'
        OR state = 'exception'
           AND write_date > (now() AT TIME ZONE 'UTC') - %s * interval '1 hour'
  GROUP BY state
"""


def measure(surroundings: Surroundings) -> Measure:
    """Look at the queue of outgoing e-mails."""
    surroundings.cr.execute(QUERY, [STUCK_MINUTES, FAILED_HOURS])
    rows = {state: (count, reason) for state, count, reason in surroundings.cr.fetchall()}
    stuck, _reason = rows.get("outgoing", (0, None))
    failed, reason = rows.get("exception", (0, None))
    return judge(stuck, failed, reason or "")


def judge(stuck: int, failed: int, reason: str) -> Measure:
    """:param stuck, failed: numbers of e-mails, :param reason: why one of them failed"""
    troubles = []
    if stuck:
        troubles.append(f"{number(stuck, 'e-mail')} waiting for more than {STUCK_MINUTES} minutes")
    if failed:
        troubles.append(f"{number(failed, 'e-mail')} failed in the last {FAILED_HOURS} hours")
    if troubles:
        return Measure("degraded", "; ".join(troubles) + ".", stuck + failed, reason)
    return Measure("up", "No e-mail is stuck.", 0)
