"""Scheduled actions that are late, fail, or were given up."""

from .measure import Measure, Surroundings, number

LATE_MINUTES = 15

# `failure_count` is reset by the next success; an action that failed for a week is deactivated by
# Odoo, which leaves no trace in it, so the event that was recorded then tells.
QUERY = """
    SELECT cron_name, active,
           active AND nextcall < (now() AT TIME ZONE 'UTC') - %s * interval '1 minute' AS late,
           CASE WHEN active THEN failure_count ELSE 0 END AS failures,
           to_char(nextcall, 'YYYY-MM-DD HH24:MI') AS nextcall,
           NOT active AND EXISTS (
               SELECT FROM ops_event
                WHERE kind = 'cron.deactivated' AND res_model = 'ir.cron' AND res_id = ir_cron.id
           ) AS given_up
      FROM ir_cron
  ORDER BY nextcall, id
"""


def measure(surroundings: Surroundings) -> Measure:
    """Look at what the scheduler left in its table."""
    surroundings.cr.execute(QUERY, [LATE_MINUTES])
    return judge(surroundings.cr.dictfetchall())


def judge(actions: list[dict]) -> Measure:
    """:param actions: the rows of `QUERY`, the most urgent first"""
    return assess(
        [action for action in actions if action["late"]],
        [action for action in actions if action["failures"]],
        [action for action in actions if action["given_up"]],
        sum(action["active"] for action in actions),
    )


def assess(late: list[dict], failing: list[dict], given_up: list[dict], active: int) -> Measure:
    """:param late, failing, given_up: actions in trouble, the most urgent first

    :param active: how many there are
    """
    troubles = [
        f"{number(len(group), 'scheduled action')} {words} ({group[0]['cron_name']})"
        for group, words in (
            (late, f"more than {LATE_MINUTES} minutes late"),
            (failing, "failing"),
            (given_up, "deactivated after failing"),
        )
        if group
    ]
    evidence = [
        *(f"Late: {action['cron_name']}, due {action['nextcall']} UTC" for action in late),
        *(f"Failed {action['failures']} times: {action['cron_name']}" for action in failing),
        *(f"Deactivated: {action['cron_name']}" for action in given_up),
    ]
    if late and len(late) == active:
        verdict = "down"
        message = (
            f"No scheduled action runs: {late[0]['cron_name']} has been due since"
            f" {late[0]['nextcall']} UTC."
        )
    elif troubles:
        verdict = "degraded"
        message = "; ".join(troubles) + "."
    else:
        verdict = "up"
        message = f"All {number(active, 'scheduled action')} run on time."
    return Measure(verdict, message, len(late) + len(failing) + len(given_up), "\n".join(evidence))
