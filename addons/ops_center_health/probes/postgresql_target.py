"""What only targets of the kind ``postgresql`` have."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote

# Of libpq; the last two verify the certificate, by the bundle that all probes trust.
SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class PostgresqlLogin:
    """Who opens which database, and how it is encrypted."""

    user: str
    database: str
    sslmode: str


@dataclass(frozen=True, kw_only=True)
class PostgresqlExpectation:
    """What is asked of a server, and what is still good. No limit means not to look.

    Raises ValueError, in words that can be shown to a user, when it makes no sense.

    :param query: one that returns rows; read-only, whatever it tries
    :param value: what its first row must begin with, as text; empty for anything
    :param lag_degraded: seconds that a replica may be behind, seen from it or from its primary
    :param lag_down: the same, before the target counts as down
    :param connections_degraded: per cent of ``max_connections`` that may be in use
    :param connections_down: the same, before the target counts as down
    """

    password: str = field(default="", repr=False)
    query: str = ""
    value: str = ""
    lag_degraded: float | None = None
    lag_down: float | None = None
    connections_degraded: float | None = None
    connections_down: float | None = None

    def __post_init__(self) -> None:
        # With a second statement it could leave the read-only transaction.
        if ";" in self.statement:
            raise ValueError("The query must be a single statement, without a semicolon.")
        if self.value and not self.statement:
            raise ValueError("An expected value needs a query that returns it.")
        _check_limits("replication lag", self.lag_degraded, self.lag_down)
        _check_limits("connections in use", self.connections_degraded, self.connections_down)

    @property
    def statement(self) -> str:
        """The query without what may end it."""
        return self.query.strip().rstrip(";").strip()


def _check_limits(name: str, degraded: float | None, down: float | None) -> None:
    if any(limit is not None and limit < 0 for limit in (degraded, down)):
        raise ValueError(f"The limits of the {name} must not be below zero.")
    if degraded is not None and down is not None and degraded > down:
        raise ValueError(f"The {name} must be degraded at a lower limit than down.")


def parse_login(parts: SplitResult) -> PostgresqlLogin:
    """Read an address such as ``postgresql://user@host:port/database?sslmode=require``.

    Raises ValueError, in words that can be shown to a user, when it cannot be read.
    """
    if parts.password is not None:
        raise ValueError("Leave the password out of the address: it has a field of its own.")
    user, database = unquote(parts.username or ""), unquote(parts.path).strip("/")
    if not user or not database:
        raise ValueError(
            "The address must name a user and a database: postgresql://user@host:5432/database"
        )
    options = parse_qs(parts.query, keep_blank_values=True)
    sslmode = options.pop("sslmode", ["prefer"])[0]
    if options or sslmode not in SSL_MODES:
        raise ValueError(
            "After the question mark, the address may say only how the connection is encrypted:"
            f" sslmode={' or '.join(SSL_MODES)}."
        )
    return PostgresqlLogin(user, database, sslmode)
