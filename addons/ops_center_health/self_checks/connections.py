"""Connections to PostgreSQL that are left."""

from .measure import Measure, Surroundings, grade

DEGRADED_PERCENT = 80
DOWN_PERCENT = 95

QUERY = """
    SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int
"""
BY_DATABASE = """
    SELECT coalesce(datname, '-'), coalesce(state, 'unknown'), count(*)
      FROM pg_stat_activity
     WHERE backend_type = 'client backend'
  GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
     LIMIT 20
"""


def measure(surroundings: Surroundings) -> Measure:
    """Count the connections to the whole server: its databases share them."""
    surroundings.cr.execute(QUERY)
    used, limit = surroundings.cr.fetchone()
    surroundings.cr.execute(BY_DATABASE)
    return judge(used, limit, surroundings.cr.fetchall())


def judge(used: int, limit: int, by_database: list[tuple[str, str, int]]) -> Measure:
    """:param by_database: name, state and number, the largest first"""
    percent = 100 * used / limit
    return Measure(
        grade(percent, degraded=DEGRADED_PERCENT, down=DOWN_PERCENT),
        f"{used} of {limit} database connections are in use.",
        percent,
        "\n".join(f"{name} ({state}): {count}" for name, state, count in by_database),
    )
