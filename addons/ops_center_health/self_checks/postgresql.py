"""Whether PostgreSQL takes a new connection, answers, and how fast."""

import time
from contextlib import closing

import psycopg2

from .measure import Measure, Surroundings, grade

CONNECT_TIMEOUT = 5  # seconds
DEGRADED_MS = 500
DOWN_MS = 5000


def measure(surroundings: Surroundings) -> Measure:
    """Connect anew and ask one question; those who are connected already prove little."""
    started = time.perf_counter()
    try:
        connection = psycopg2.connect(**{"connect_timeout": CONNECT_TIMEOUT, **surroundings.dsn})
        with closing(connection), connection.cursor() as cr:
            cr.execute("SELECT current_setting('server_version'), pg_is_in_recovery()")
            version, read_only = cr.fetchone()
    except psycopg2.Error as error:
        return Measure("down", "PostgreSQL takes no new connection.", evidence=str(error))
    return judge(1000 * (time.perf_counter() - started), version, read_only=read_only)


def judge(milliseconds: float, version: str, *, read_only: bool) -> Measure:
    """:param read_only: the server is a standby, which takes no writes"""
    if read_only:
        verdict = "down"
        message = f"PostgreSQL {version} is a standby and takes no writes."
    else:
        verdict = grade(milliseconds, degraded=DEGRADED_MS, down=DOWN_MS)
        message = f"PostgreSQL {version} connected and answered in {milliseconds:.1f} ms."
    return Measure(verdict, message, milliseconds, latency_ms=milliseconds)
