"""Nobody acts under another name, and nobody changes what is written, whatever they may do besides."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_rows import STEP
from tests.integration.postgres.gate_scene import APPROVED, DRAFT, Scene
from tests.integration.postgres.gate_work import (
    APPROVAL,
    ARTIFACT,
    EVIDENCE,
    NEW_ENTRY,
    SIGNED_REVOCATION,
    SNAPSHOT,
    Work,
    plain,
)
from tests.integration.postgres.refusals import refused_with
from tests.integration.postgres.signed_rows import (
    Person,
    signed_approval,
    signed_rerun,
    signed_revocation,
    signed_snapshot,
)
from tests.postgres_server import run_sql

_OLGA = Person("olga", "RELEASE")
IMPOSTURES: dict[str, tuple[str, Work]] = {
    "author": ("rita", lambda _s, _l: (ARTIFACT, artifact("art-9", version="9", author="ada").payload)),
    "actor": (
        "tessa",
        lambda scene, _: (
            STEP,
            *("art-1", 2, "DRAFT", "VALIDATED", DRAFT.payload_sha256, "victor"),
            *scene.entries["victor art-1"],
        ),
    ),
    "validator": ("tessa", plain(EVIDENCE, signed_rerun(DRAFT, but={"python": "3.12"}))),
    "approver": ("rosa", plain(APPROVAL, signed_approval(DRAFT, Person("tessa", "TECHNICAL")))),
    "signer": ("rene", lambda scene, _: (SNAPSHOT, signed_snapshot(3, [], scene.head, by=_OLGA))),
    "revoker": ("rolf", plain(SIGNED_REVOCATION, signed_revocation(APPROVED))),
    "actor of entry": (
        "rita",
        lambda scene, _: (NEW_ENTRY, scene.head[0] + 1, "artifact.step", "victor", scene.head[1]),
    ),
    "actor of entry ": (
        "trader",
        lambda scene, _: (NEW_ENTRY, scene.head[0] + 1, "gate.snapshot", "rene", scene.head[1]),
    ),
}


@pytest.mark.parametrize(("what", "login", "work"), [(k.strip(), *v) for k, v in IMPOSTURES.items()])
async def test_nobody_acts_under_another_name_but_who_may_act_for_all(
    scene: Scene, what: str, login: str, work: Work
) -> None:
    sql = await asyncpg.connect(scene.url_of(login))
    async with refused_with(
        "JX006", f"the {what}.* is [a-z]+, and {login} is logged in: log in as the person"
    ):
        await sql.execute(*work(scene, login))
    await sql.close()
    # The superuser, and with her own grants a member of the owner's role, write it for the person.
    await asyncio.to_thread(run_sql, scene.url, f"GRANT jax_owner TO {login}")
    try:
        for url in (scene.url, scene.url_of(login)):
            acting = await asyncpg.connect(url)
            writing = acting.transaction()
            await writing.start()
            await acting.execute(*work(scene, login))
            await writing.rollback()
            await acting.close()
    finally:
        await asyncio.to_thread(run_sql, scene.url, f"REVOKE jax_owner FROM {login}")


async def test_who_takes_on_another_role_is_still_the_one_who_logged_in(scene: Scene) -> None:
    await asyncio.to_thread(run_sql, scene.url, "GRANT tessa TO rosa")
    sql = await asyncpg.connect(scene.url_of("rosa"))
    try:
        await sql.execute("SET ROLE tessa")
        async with refused_with("JX006", "the approver is tessa, and rosa is logged in"):
            await sql.execute(APPROVAL, signed_approval(DRAFT, Person("tessa", "TECHNICAL")))
    finally:
        await sql.close()
        await asyncio.to_thread(run_sql, scene.url, "REVOKE tessa FROM rosa")


@pytest.mark.parametrize("kind", ["artifacts.loaded", "order.sent", "signal.generated"])
async def test_a_program_records_its_own_kinds_under_its_own_name(scene: Scene, kind: str) -> None:
    sql = await asyncpg.connect(scene.url_of("trader"))
    recording = sql.transaction()
    await recording.start()
    await sql.execute(NEW_ENTRY, scene.head[0] + 1, kind, "jax-trader", scene.head[1])
    await recording.rollback()
    await sql.close()


@pytest.fixture
async def chief(scene: Scene) -> AsyncIterator[asyncpg.Connection]:
    """The superuser, while the server replicates."""
    connection = await asyncpg.connect(scene.url)
    await connection.execute("SET session_replication_role = replica")
    yield connection
    await connection.close()


async def test_not_even_replication_changes_what_is_append_only(chief: asyncpg.Connection) -> None:
    tables = await chief.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('gate', 'audit')"
    )
    assert len(tables) == 12
    for (table,) in tables:
        column = await chief.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum = 1", table
        )
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            async with refused_with("JX001", "is append-only"):
                await chief.execute(statement)


async def test_not_even_replication_takes_a_step_without_its_reasons(
    scene: Scene, chief: asyncpg.Connection
) -> None:
    entry = scene.entries["rosa art-1"]
    async with refused_with("JX016", "lacks approvals"):
        await chief.execute(STEP, "art-1", 2, "VALIDATED", "REVIEWED", DRAFT.payload_sha256, "rosa", *entry)
