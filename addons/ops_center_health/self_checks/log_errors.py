"""ERROR lines that the processes of this Odoo logged since the last look."""

from .measure import Measure, Surroundings, number

QUERY = """
    SELECT to_char(at, 'HH24:MI:SS'), process, count, message
      FROM ops_health_log_error
     WHERE at > (now() AT TIME ZONE 'UTC') - %s * interval '1 second'
  ORDER BY at
"""


def measure(surroundings: Surroundings) -> Measure:
    """Add up what the processes counted."""
    surroundings.cr.execute(QUERY, [surroundings.window])
    return judge(surroundings.window, surroundings.cr.fetchall())


def judge(window: float, entries: list[tuple[str, str, int, str]]) -> Measure:
    """:param window: seconds, :param entries: time, process, count and last message"""
    count = sum(entry[2] for entry in entries)
    if not count:
        return Measure("up", f"No ERROR line in the last {window:.0f} seconds.", 0)
    return Measure(
        "degraded",
        f"{number(count, 'ERROR line')} in the last {window:.0f} seconds,"
        f" the latest: {entries[-1][3].splitlines()[0]}",
        count,
        "\n".join(
            f"{at} UTC {process} ({number(times, 'line')}): {message}"
            for at, process, times, message in entries
        ),
    )
