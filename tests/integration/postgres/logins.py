"""Servers with logins of their own, and who of the tests' people has which role."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from tests.integration.postgres.plain_server import running_plain_server
from tests.postgres_server import run_sql

PASSWORD = "on-a-test-server"
_NUMBERS = itertools.count(1)
LOGINS = {
    "rita": "jax_research",
    "victor": "jax_approver",
    "tessa": "jax_approver",
    "rosa": "jax_approver",
    "rene": "jax_release",
    "rolf": "jax_revoker",
    "trader": "jax_trader",
    "audra": "jax_auditor",
    "olga": "jax_owner",
    "stranger": None,
}


def url_as(url: str, login: str, *, database: str | None = None) -> str:
    """The same server, with one of the logins."""
    parts = urlsplit(url)
    place = f"{login}:{PASSWORD}@{parts.hostname}:{parts.port}"
    return urlunsplit(parts._replace(netloc=place, path=parts.path if database is None else f"/{database}"))


@contextmanager
def server_with_owners(bin_dir: Path | None) -> Iterator[str]:
    """A server without roles of the gate: carl may create roles, paul may not; both own what they make."""
    with running_plain_server(bin_dir) as url:
        run_sql(
            url,
            f"CREATE ROLE carl LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'",
            f"CREATE ROLE paul LOGIN CREATEDB PASSWORD '{PASSWORD}'",
        )
        yield url


def create_logins(url: str) -> None:
    """Everybody in LOGINS with their role, on a server that has the roles of the gate."""
    for login, role in LOGINS.items():
        run_sql(url, f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}'")
        if role is not None:
            run_sql(url, f"GRANT {role} TO {login}")


@contextmanager
def new_login(url: str, role: str) -> Iterator[str]:
    """The database of `url` for somebody who is a member of `role` and nothing else, and goes again."""
    login = f"member_{os.getpid()}_{next(_NUMBERS)}"
    run_sql(url, f"CREATE ROLE {login} LOGIN PASSWORD '{PASSWORD}' IN ROLE {role}")
    try:
        yield url_as(url, login)
    finally:
        run_sql(url, f"DROP ROLE {login}")
