"""Snapshots follow one another, name what is stored, and decide what is loadable."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from jax.domain.artifact import ArtifactState
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.payload_fields import timestamp
from tests.contract.stored_values import artifact
from tests.integration.postgres.gate_rows import (
    add_policy,
    add_snapshot,
    bring_to,
    name_in_snapshot,
    newest_entry,
    open_gate,
    revoke,
    take_step,
)
from tests.integration.postgres.refusals import refused_by, refused_with
from tests.integration.postgres.signed_rows import (
    ONES,
    RENE,
    TESSA,
    TODAY,
    Person,
    signed_approval,
    signed_snapshot,
)

FIRST = artifact()
SECOND = artifact("art-2", version="2")
ALIEN = artifact("art-3", name="other_v1")


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """The gate with a policy, everybody's keys, and art-1 approved."""
    await open_gate(sql)
    await bring_to(sql, FIRST, ArtifactState.APPROVED)
    return sql


async def _is_loadable(sql: asyncpg.Connection, artifact_id: str = "art-1") -> bool:
    loadable: bool = await sql.fetchval("SELECT gate.is_loadable($1)", artifact_id)
    return loadable


async def test_the_columns_of_a_snapshot_are_what_was_signed(gate: asyncpg.Connection) -> None:
    head = await newest_entry(gate)
    envelope = signed_snapshot(1, [FIRST], head, but={"revoked": [ONES]})
    await add_snapshot(gate, envelope)
    row = dict(await gate.fetchrow("SELECT * FROM gate.snapshot"))
    assert row == {
        "envelope": envelope,
        "seq": 1,
        "prev_seq": None,
        "snapshot_sha256": sha256_of(envelope),
        "log_n": head[0],
        "log_sha256": head[1],
        "active": f'{{"ma_crossover_v1": "{FIRST.payload_sha256}"}}',
        "revoked": f'["{ONES}"]',
        "policy_sha256": DESK_POLICY.sha256,
        "signer": "rene",
        "key_id": RENE.key_id,
        "needs_role": "RELEASE",
        "issued_at": TODAY,
        "expires_at": TODAY + timedelta(days=30),
    }


@pytest.mark.parametrize(
    ("numbers", "constraint"),
    [
        ([1, 1], "snapshot_pk"),
        ([1, 3], "snapshot_follows"),
        ([2], "snapshot_follows"),
        ([0], "snapshot_seq_from_one"),
        ([1, 2, 1], "snapshot_pk"),
    ],
)
async def test_snapshots_are_numbered_without_a_gap_and_a_fork(
    gate: asyncpg.Connection, numbers: list[int], constraint: str
) -> None:
    head = await newest_entry(gate)
    *good, bad = numbers
    for seq in good:
        await add_snapshot(gate, signed_snapshot(seq, [FIRST], head))
    async with refused_by(constraint):
        await add_snapshot(gate, signed_snapshot(bad, [], head))


async def test_of_two_who_release_at_once_one_comes_first(
    gate: asyncpg.Connection, database_url: str
) -> None:
    head = await newest_entry(gate)
    both_ready = asyncio.Barrier(2)

    async def release(active: list[str]) -> str:
        connection = await asyncpg.connect(database_url)
        try:
            await both_ready.wait()
            await add_snapshot(connection, signed_snapshot(1, [FIRST] if active else [], head))
        except asyncpg.UniqueViolationError as error:
            return str(error.constraint_name)
        finally:
            await connection.close()
        return "released"

    outcomes = await asyncio.gather(release(["art-1"]), release([]))
    assert sorted(outcomes) == ["released", "snapshot_pk"]


_FORGED: dict[str, tuple[Person, dict[str, Json], str]] = {
    "by somebody who does not release": (TESSA, {}, "snapshot_by_releaser"),
    "with another's key": (RENE, {"signer": "tessa"}, "snapshot_by_person"),
    "of an entry there is not": (RENE, {"log_head": {"n": 99, "entry_sha256": ONES}}, "snapshot_subject"),
    "that ends as it begins": (RENE, {"expires": timestamp(TODAY)}, "snapshot_interval"),
    "with revocations that are no list": (RENE, {"revoked": {}}, "snapshot_revoked_form"),
    "of more than a mebibyte": (RENE, {"extra": "r" * 1024 * 1024}, "snapshot_envelope_size"),
}


@pytest.mark.parametrize(("by", "but", "constraint"), _FORGED.values(), ids=_FORGED.keys())
async def test_refuses_a_snapshot(
    gate: asyncpg.Connection, by: Person, but: dict[str, Json], constraint: str
) -> None:
    async with refused_by(constraint):
        await add_snapshot(gate, signed_snapshot(1, [FIRST], await newest_entry(gate), by=by, but=but))


async def test_a_snapshot_names_an_entry_that_the_audit_log_holds(gate: asyncpg.Connection) -> None:
    n, entry_sha256 = await newest_entry(gate)
    for head in ((n + 1, entry_sha256), (n, ONES), (n - 1, entry_sha256)):
        async with refused_by("snapshot_of_log"):
            await add_snapshot(gate, signed_snapshot(1, [FIRST], head))


@pytest.mark.parametrize("active", [[], "art-1", 5, None])
async def test_a_snapshot_names_hashes_by_strategy(gate: asyncpg.Connection, active: Json) -> None:
    with pytest.raises((asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)):
        await add_snapshot(
            gate, signed_snapshot(1, [FIRST], await newest_entry(gate), but={"active": active})
        )


async def test_a_snapshot_names_versions_that_are_stored_under_their_own_strategy(
    gate: asyncpg.Connection,
) -> None:
    for of in (SECOND, replace(FIRST, name="other_v1"), replace(FIRST, payload_sha256=ONES)):
        async with refused_with(
            "JX012", f"names {of.payload_sha256} for {of.name}, which is no version of it"
        ):
            await name_in_snapshot(gate, [of])


async def test_no_snapshot_names_what_is_revoked(gate: asyncpg.Connection) -> None:
    await revoke(gate, FIRST)
    async with refused_with("JX013", "which is revoked: draft and sign it again"):
        await name_in_snapshot(gate, [FIRST])


async def test_a_snapshot_is_made_under_the_policy_in_force(gate: asyncpg.Connection) -> None:
    await add_policy(gate, replace(DESK_POLICY, version=2, snapshot_days=7))
    async with refused_with("JX012", "another policy than the one in force, desk version 2"):
        await name_in_snapshot(gate, [FIRST])


async def test_without_a_policy_nothing_is_released(sql: asyncpg.Connection) -> None:
    async with refused_with("JX012", "no policy is stored"):
        await add_snapshot(sql, signed_snapshot(1, [], (1, ONES)))


async def test_refuses_another_statement_in_the_place_of_a_snapshot(gate: asyncpg.Connection) -> None:
    async with refused_with("JX007", "of type urn:jax:approval:v1, and urn:jax:snapshot:v1 is asked for"):
        await add_snapshot(gate, signed_approval(FIRST, TESSA))


@pytest.mark.parametrize(
    ("later_days", "days", "refusal"),
    [(0, 31, "the policy lets it live 30 days"), (1, 30, "which is not before now")],
)
async def test_no_snapshot_lives_longer_than_the_policy_lets_it(
    gate: asyncpg.Connection, later_days: int, days: int, refusal: str
) -> None:
    issued = TODAY + timedelta(days=later_days)
    envelope = signed_snapshot(1, [FIRST], await newest_entry(gate), issued=issued, days=days)
    async with refused_with("JX007", refusal):
        await add_snapshot(gate, envelope)


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_a_snapshot_is_written_at_read_committed_only(gate: asyncpg.Connection, isolation: str) -> None:
    refused = refused_with("JX004", "a snapshot is written at READ COMMITTED only")
    async with refused, gate.transaction(isolation=isolation):
        await name_in_snapshot(gate, [FIRST])


async def _approved_and_named(sql: asyncpg.Connection) -> None:
    await name_in_snapshot(sql, [FIRST])


async def _active(sql: asyncpg.Connection) -> None:
    await name_in_snapshot(sql, [FIRST])
    await take_step(sql, FIRST, "ACTIVE")


async def _named_again(sql: asyncpg.Connection) -> None:
    await name_in_snapshot(sql, [])
    await name_in_snapshot(sql, [FIRST])


async def _not_named(_sql: asyncpg.Connection) -> None:
    """Approved, and in no snapshot."""


async def _named_no_more(sql: asyncpg.Connection) -> None:
    await _active(sql)
    await name_in_snapshot(sql, [])


async def _another_version_named(sql: asyncpg.Connection) -> None:
    await _active(sql)
    await bring_to(sql, SECOND, ArtifactState.APPROVED)
    await name_in_snapshot(sql, [SECOND])


async def _snapshot_expired(sql: asyncpg.Connection) -> None:
    await _active(sql)
    issued = TODAY - timedelta(days=31)
    await add_snapshot(sql, signed_snapshot(2, [FIRST], await newest_entry(sql), issued=issued))


async def _key_ended(sql: asyncpg.Connection) -> None:
    await _active(sql)
    await sql.execute("INSERT INTO gate.key_end (key_id, ended_at) VALUES ($1, now())", RENE.key_id)


async def _revoked(sql: asyncpg.Connection) -> None:
    await _active(sql)
    await revoke(sql, FIRST)


async def _deprecated(sql: asyncpg.Connection) -> None:
    await _active(sql)
    await take_step(sql, FIRST, "DEPRECATED")


@pytest.mark.parametrize(
    ("history", "loadable"),
    [
        (_approved_and_named, True),
        (_active, True),
        (_named_again, True),
        (_not_named, False),
        (_named_no_more, False),
        (_another_version_named, False),
        (_snapshot_expired, False),
        (_key_ended, False),
        (_revoked, False),
        (_deprecated, False),
    ],
)
async def test_loadable_is_what_the_newest_snapshot_names_in_a_state_that_trades(
    gate: asyncpg.Connection, history: Callable[[asyncpg.Connection], Awaitable[None]], loadable: bool
) -> None:
    await history(gate)
    assert await _is_loadable(gate) is loadable


@pytest.mark.parametrize("state", [ArtifactState.DRAFT, ArtifactState.VALIDATED, ArtifactState.REVIEWED])
async def test_naming_what_is_not_approved_makes_it_no_more_loadable(
    gate: asyncpg.Connection, state: ArtifactState
) -> None:
    await bring_to(gate, ALIEN, state)
    await name_in_snapshot(gate, [FIRST, ALIEN])
    assert [await _is_loadable(gate, name) for name in ("art-1", "art-3", "art-9")] == [True, False, False]
