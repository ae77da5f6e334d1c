"""The roles of the gate are made by whoever may make them, and asked for in one sentence by others."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from jax.adapters.postgres.migrations import HEAD, downgrade, migrate_to_head
from jax.ports.errors import Unavailable
from tests.integration.postgres.logins import server_with_owners, url_as
from tests.integration.postgres.plain_server import installed_servers
from tests.integration.postgres.until import until
from tests.postgres_server import run_sql

SERVERS = installed_servers()
ROLES = [
    "jax_approver",
    "jax_auditor",
    "jax_owner",
    "jax_release",
    "jax_research",
    "jax_revoker",
    "jax_shadow",
    "jax_trader",
]


@pytest.fixture(params=SERVERS.values(), ids=[f"postgres-{major}" for major in SERVERS])
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with server_with_owners(request.param) as url:
        yield url


async def _roles(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'jax%' AND NOT rolcanlogin ORDER BY rolname"
        )
        return [row[0] for row in rows]
    finally:
        await connection.close()


async def _owner_of_gate(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'gate'::regnamespace "
            "UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'gate'::regnamespace "
            "UNION SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'gate'"
        )
        return {row[0] for row in rows}
    finally:
        await connection.close()


async def _database(server_url: str, name: str, login: str) -> str:
    """The URL of a new database that `login` owns."""
    await asyncio.to_thread(run_sql, server_url, f"CREATE DATABASE {name} OWNER {login}")
    return (
        server_url.replace("/postgres", f"/{name}")
        if login == "chief"
        else url_as(server_url, login, database=name)
    )


async def _goes_up_down_and_up(url: str) -> None:
    applied = await migrate_to_head(url)
    assert applied[-1] == HEAD
    assert await _owner_of_gate(url) == {"jax_owner"}
    assert await downgrade(url) == applied[::-1]
    assert await _roles(url) == ROLES
    assert await migrate_to_head(url) == applied


@pytest.mark.parametrize("login", ["chief", "carl"])
async def test_who_may_create_roles_migrates_an_empty_server(server_url: str, login: str) -> None:
    assert await _roles(server_url) == []
    await _goes_up_down_and_up(await _database(server_url, "first", login))
    await _goes_up_down_and_up(await _database(server_url, "second", login))
    assert await _roles(server_url) == ROLES


async def test_who_may_not_create_roles_is_told_which_to_ask_for(server_url: str) -> None:
    url = await _database(server_url, "pauls", "paul")
    with pytest.raises(Unavailable, match="cannot be migrated, and was left as it is") as refused:
        await migrate_to_head(url)
    _, remedy, _ = str(refused.value).split('"')
    assert remedy.endswith("NOLOGIN; GRANT jax_owner TO paul")
    assert await _roles(server_url) == []
    await asyncio.to_thread(run_sql, server_url, *remedy.split("; "))
    assert await _roles(server_url) == ROLES
    await _goes_up_down_and_up(url)


async def test_who_lacks_the_owners_role_only_is_told_that(server_url: str) -> None:
    await migrate_to_head(await _database(server_url, "first", "chief"))
    url = await _database(server_url, "pauls", "paul")
    with pytest.raises(Unavailable, match='let a superuser run "GRANT jax_owner TO paul", and migrate again'):
        await migrate_to_head(url)


_WAITS = "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = 'second' AND wait_event_type = 'Lock'"


async def test_a_role_that_another_database_is_being_given_at_the_moment_is_waited_for(
    server_url: str,
) -> None:
    first = await asyncpg.connect(await _database(server_url, "first", "carl"))
    chief = await asyncpg.connect(server_url)
    async with first.transaction():
        await first.execute("CREATE ROLE jax_owner NOLOGIN")
        await first.execute("CREATE ROLE jax_trader NOLOGIN")
        migrating = asyncio.create_task(migrate_to_head(await _database(server_url, "second", "carl")))
        await until(chief, _WAITS)
    assert (await migrating)[-1] == HEAD
    assert await _roles(server_url) == ROLES
    await first.close()
    await chief.close()
