"""Opens connections to Postgres, and says in one sentence why one cannot be opened."""

import socket

import asyncpg

from jax.adapters.postgres.database_address import DatabaseAddress
from jax.ports.errors import Unavailable

CONNECT_TIMEOUT_SECONDS = 10.0
# All that the driver raises. The third kind is what it says between a server's farewell and its hanging up.
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_SETTINGS = {
    "application_name": "jax",
    "timezone": "UTC",
    # What the triggers and the ports promise holds at these two, whatever the server's own defaults are.
    "default_transaction_isolation": "read committed",
    "synchronous_commit": "on",
    # A peer that vanished without a word is noticed within half a minute, and its locks are released.
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (socket.gaierror, "no such host is known; correct the host in DATABASE_URL"),
    (
        (ConnectionRefusedError, FileNotFoundError),
        "nothing listens there; start Postgres, or correct host and port in DATABASE_URL",
    ),
    (
        TimeoutError,
        f"no answer within {CONNECT_TIMEOUT_SECONDS:.0f} seconds; correct host and port in DATABASE_URL, "
        "or let the firewall pass",
    ),
    (
        asyncpg.InvalidPasswordError,
        "the server refuses this user or its password; correct them in DATABASE_URL",
    ),
    (
        asyncpg.InvalidCatalogNameError,
        "the server has no such database; create it with `createdb {database}`, or correct its name in "
        "DATABASE_URL",
    ),
    (
        asyncpg.TooManyConnectionsError,
        "the server has no connection left; raise its max_connections, or close other clients",
    ),
    (
        asyncpg.InvalidParameterValueError,
        "its login may not act as {role}; run `GRANT {role} TO {user}` as the owner of the roles",
    ),
    (asyncpg.CannotConnectNowError, "the server is starting or stopping; try again in a moment"),
)


async def connect(
    address: DatabaseAddress,
    *,
    role: str | None = None,
    statement_timeout_seconds: float | None = None,
    lock_timeout_seconds: float | None = None,
) -> asyncpg.Connection:
    """A new connection that may do what `role` may, or what its login may when there is none.

    Unavailable names host, port, database and user, and what to do.
    """
    settings = dict(_SETTINGS)
    if role is not None:
        settings["role"] = role
    if lock_timeout_seconds is not None:
        settings["lock_timeout"] = f"{lock_timeout_seconds * 1000:.0f}ms"
    try:
        return await asyncpg.connect(
            address.dsn,
            timeout=CONNECT_TIMEOUT_SECONDS,
            command_timeout=statement_timeout_seconds,
            server_settings=settings,
        )
    except (ValueError, *DRIVER_ERRORS) as error:
        raise Unavailable(f"Cannot open {address}: {_why(error, address, role)}.") from error


def _why(error: Exception, address: DatabaseAddress, role: str | None) -> str:
    for kinds, sentence in _REASONS:
        if isinstance(error, kinds):
            return sentence.format(database=address.database, user=address.user, role=role)
    return f"{str(error) or type(error).__name__}; correct DATABASE_URL, or look at the server's log"
