"""Which database DATABASE_URL names."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from jax.ports.errors import Unavailable

_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
_FORM = (
    "write it as postgresql://user:password@host:port/database, with any : / ? # @ % of the password "
    "percent-encoded"
)
_DEFAULT_PORT = 5432


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where the database is and who asks; the password is in `dsn` only, which is never printed.

    `host` is a name, an address or the folder of a Unix socket.
    """

    dsn: str = field(repr=False)
    host: str
    port: int
    database: str
    user: str

    def __str__(self) -> str:
        return f"database {self.database} at {self.host}:{self.port} as user {self.user}"


def parse_address(url: str) -> DatabaseAddress:
    """The address that `url` spells; Unavailable says what is wrong with it, without repeating it."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in _SCHEMES:
        said = f"begins with {scheme}://" if separator else "has no scheme"
        raise Unavailable(f"DATABASE_URL {said}, but Jax needs a Postgres database: {_FORM}.")
    parts = _split(f"postgresql://{rest}")
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    found = {
        "host": unquote(parts.hostname or "") or asked.get("host", ""),
        "user": unquote(parts.username or "") or asked.get("user", ""),
        "database": unquote(parts.path.removeprefix("/")) or asked.get("dbname", ""),
    }
    missing = [name for name, value in found.items() if not value]
    if missing:
        raise Unavailable(f"DATABASE_URL names no {' and no '.join(missing)}: {_FORM}.")
    return DatabaseAddress(dsn=f"postgresql://{rest}", port=_port(parts, asked.get("port")), **found)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise Unavailable(f"DATABASE_URL cannot be read: {_FORM}.") from None


def _port(parts: SplitResult, asked: str | None) -> int:
    try:
        port = parts.port if parts.port is not None else int(asked or _DEFAULT_PORT)
    except ValueError:
        port = 0
    if not (1 <= port <= 65535):
        # What stands there is not repeated: it may be half of a password.
        raise Unavailable(f"DATABASE_URL has no number from 1 to 65535 for its port: {_FORM}.")
    return port
