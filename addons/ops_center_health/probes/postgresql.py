"""PostgreSQL: somebody can log in and query, replicas keep up, connections are left."""

import os
import select
import socket
import struct
from collections.abc import Sequence
from contextlib import closing

import psycopg2
from psycopg2 import errors, extensions

from .certificate import trusted_bundle
from .postgresql_target import parse_login
from .threaded import ERRORS, Fault, ThreadedProbe

# libpq would look there for what is this process's own, and show it to a stranger.
NOWHERE = f"{os.devnull}/none"

MAX_ANSWER = 1024 * 1024  # bytes of everything that a server sends
MAX_TEXT = 500  # characters

# Counted where nobody needs a right to look; the view of the sessions hides those of others.
CONNECTIONS = """
    SELECT sum(numbackends)::int, current_setting('max_connections')::int
      FROM pg_stat_database
"""
# A replica that has applied all it received is not behind, however long ago that was; one that
# receives nothing is. Without a right to look, the states of the replicas are NULL.
LAG = """
    SELECT pg_is_in_recovery(),
           CASE WHEN NOT pg_is_in_recovery() THEN NULL
                WHEN EXISTS (SELECT FROM pg_stat_wal_receiver)
                     AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
            END::float,
           count(*)::int,
           count(*) FILTER (WHERE state IS NULL) = 0,
           coalesce(extract(epoch FROM max(replay_lag)), 0)::float
      FROM pg_stat_replication
"""

# Where Linux puts tcpi_bytes_received, 64 bits, into struct tcp_info (linux/tcp.h).
BYTES_RECEIVED = struct.Struct("128xQ")


class PostgresqlProbe(ThreadedProbe):
    """Logs in, queries in a transaction that can only read, and logs out.

    libpq works without waiting here; the waiting is ours, so that no server can prolong it.
    """

    def _look(self, addresses: list[str]) -> None:
        with closing(self._connect(self._allowed(addresses))) as connection:
            self._enter("first_byte")
            try:
                self._query(connection)
            except errors.QueryCanceled as error:
                raise Fault("timeout") from error
            except psycopg2.Error as error:
                raise Fault("pg_query", detail=_first_line(error)) from error

    def _connect(self, addresses: list[str]) -> extensions.connection:
        login = parse_login(self.target.parts)
        try:
            connection = psycopg2.connect(
                async_=1,
                host=",".join([self.target.host] * len(addresses)),
                hostaddr=",".join(addresses),
                port=self.target.port,
                user=login.user,
                password=self.target.postgresql.password,
                dbname=login.database,
                sslmode=login.sslmode,
                sslrootcert=trusted_bundle() if login.sslmode.startswith("verify") else NOWHERE,
                sslcert=NOWHERE,
                sslkey=NOWHERE,
                passfile=NOWHERE,
                gssencmode="disable",
                target_session_attrs="any",
                application_name="OpsCenterProbe",
            )
            self._wait(connection, "pg_timeout")
        except psycopg2.Error as error:
            raise _refusal(error) from error
        self._address = _peer(connection)
        return connection

    def _query(self, connection: extensions.connection) -> None:
        expected = self.target.postgresql
        # The snapshot that the first query takes makes the transaction read-only for good.
        self._first_row(
            connection,
            "BEGIN READ ONLY;"
            f" SET LOCAL statement_timeout = {max(1, round(self._seconds_left() * 1000))};"
            " SELECT 1",
        )
        levels = []
        if expected.lag_degraded is not None or expected.lag_down is not None:
            levels.append(self._lag(connection))
        if expected.connections_degraded is not None or expected.connections_down is not None:
            levels.append(self._connections(connection))
        if expected.statement:
            self._compare(connection)
        for severity in (1, 0):
            for fault, value, limits in levels:
                if (limit := limits[severity]) is not None and value > limit:
                    raise Fault(
                        fault.error + ("" if severity else "_degraded"),
                        **fault.facts,
                        limit=f"{limit:g}",
                    )

    def _lag(self, connection: extensions.connection) -> tuple[Fault, float, tuple]:
        """How far replicas are behind: the fault it would be, the seconds and their limits."""
        is_replica, own, replicas, all_seen, others = self._first_row(connection, LAG)
        if is_replica and own is None:
            raise Fault("pg_lag_unknown")
        if not is_replica and not replicas:
            raise Fault("pg_no_replica")
        if not all_seen:
            raise Fault("pg_lag_hidden", user=parse_login(self.target.parts).user)
        lag = max(own or 0.0, others)
        self._seen += f"Replication lag: {lag:.1f} s\n"
        expected = self.target.postgresql
        fault = Fault("pg_lag", lag=f"{lag:.1f}")
        return fault, lag, (expected.lag_degraded, expected.lag_down)

    def _connections(self, connection: extensions.connection) -> tuple[Fault, float, tuple]:
        """How many connections are in use: the fault it would be, the per cent and their limits."""
        used, maximum = self._first_row(connection, CONNECTIONS)
        self._seen += f"Connections: {used} of {maximum}\n"
        expected = self.target.postgresql
        fault = Fault("pg_connections", used=used, maximum=maximum)
        limits = expected.connections_degraded, expected.connections_down
        return fault, 100 * used / maximum, limits

    def _compare(self, connection: extensions.connection) -> None:
        expected = self.target.postgresql
        # Of a cursor one row is fetched, however many there are.
        row = self._first_row(
            connection, f"DECLARE probe NO SCROLL CURSOR FOR {expected.statement}\n; FETCH probe"
        )
        value = _text(row[0]) if row else "no row"
        self._seen += f"Answer: {value[:MAX_TEXT]}\n"
        if expected.value and (not row or value != expected.value):
            raise Fault("pg_value", value=value[:MAX_TEXT], expected=expected.value)

    def _first_row(self, connection: extensions.connection, query: str) -> Sequence | None:
        with connection.cursor() as cursor:
            cursor.execute(query)
            self._wait(connection, "timeout")
            return cursor.fetchone()

    def _wait(self, connection: extensions.connection, late: str) -> None:
        """Let libpq go on whenever it can, until it is done or the time is over."""
        while True:
            wants = connection.poll()
            # Of a server that is quicker than we are, libpq may have read all there is.
            if _received(connection) > MAX_ANSWER:
                raise Fault("pg_too_much", max_answer=MAX_ANSWER)
            if wants == extensions.POLL_OK:
                return
            if (left := self._seconds_left()) <= 0:
                raise Fault(late)
            # Each address is tried on a socket of its own.
            waiting = select.poll()
            is_read = wants == extensions.POLL_READ
            waiting.register(connection.fileno(), select.POLLIN if is_read else select.POLLOUT)
            waiting.poll(left * 1000)


def _refusal(error: psycopg2.Error) -> Fault:
    detail = _first_line(error)
    # libpq gives no numbers, but the system's words for them.
    for number, code in ERRORS.items():
        if os.strerror(number) in detail:
            return Fault(code, detail=detail)
    _before, fatal, answer = detail.rpartition("FATAL:")
    if fatal:
        return Fault("pg_refused", detail=answer.strip())
    # Of a target it always says something, but not when it could not even begin.
    return Fault("connect" if str(error).strip() else "prober", detail=detail)


def _first_line(error: psycopg2.Error) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:MAX_TEXT].rstrip(".")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _peer(connection: extensions.connection) -> str:
    with socket.socket(fileno=os.dup(connection.fileno())) as copy:
        return copy.getpeername()[0]


def _received(connection: extensions.connection) -> int:
    with socket.socket(fileno=os.dup(connection.fileno())) as copy:
        size = BYTES_RECEIVED.size
        info = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, size)
    return BYTES_RECEIVED.unpack(info)[0] if len(info) == size else 0
