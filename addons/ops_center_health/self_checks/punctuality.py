"""Whether the worker looks at the checks when it is time to."""

from .measure import Measure, Surroundings

LATE_SHARE = 0.5  # of the interval of a check
SHOWN = 10  # checks

WORKER = """
    SELECT min(started_at) FROM ops_worker
     WHERE beat_at > (now() AT TIME ZONE 'UTC') - interval '30 seconds'
"""
# What was due before there was a worker says nothing of what it can do.
LOOKS = """
    SELECT checks.name, checks.interval, state.last_lateness AS lateness
      FROM ops_health_check_state AS state
      JOIN ops_health_check AS checks ON checks.id = state.check_id
     WHERE state.last_at > (now() AT TIME ZONE 'UTC') - interval '1 minute'
       AND state.last_at - state.last_lateness * interval '1 second' > %s
  ORDER BY state.last_lateness / checks.interval DESC
"""


def measure(surroundings: Surroundings) -> Measure:
    """Look at the checks that were looked at in the last minute."""
    surroundings.cr.execute(WORKER)
    [started_at] = surroundings.cr.fetchone()
    if not started_at:
        return Measure(
            "up", "No worker runs: a scheduled action looks at the checks about once a minute."
        )
    surroundings.cr.execute(LOOKS, [started_at])
    return judge(surroundings.cr.dictfetchall())


def judge(looks: list[dict]) -> Measure:
    """:param looks: the rows of `LOOKS`, the latest of all first, measured by their intervals"""
    if not looks:
        return Measure("up", "Nothing was due in the last minute.")
    # What 95 % of the looks don't exceed.
    typical = looks[len(looks) // 20]
    evidence = "\n".join(
        f"{look['name']}: {look['lateness']:.1f} s late, due every {look['interval']} s"
        for look in looks[:SHOWN]
    )
    if typical["lateness"] > LATE_SHARE * typical["interval"]:
        return Measure(
            "degraded",
            f"The worker can't keep up: checks begin {typical['lateness']:.1f} s late. Start a"
            " second worker, or have checks look less often.",
            typical["lateness"],
            evidence,
        )
    return Measure(
        "up",
        f"95 % of the checks begin less than {max(typical['lateness'], 0.1):.1f} s late.",
        typical["lateness"],
        evidence,
    )
