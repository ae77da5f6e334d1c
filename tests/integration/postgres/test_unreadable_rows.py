"""Rows that nothing could read again are refused: what is append-only would hold them for good."""

import asyncpg
import pytest

from jax.domain.canonical_json import sha256_of
from tests.contract.stored_values import payload_bytes
from tests.integration.postgres.gate_rows import append_entry, open_gate
from tests.integration.postgres.refusals import refused_with


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """The gate with a policy and everybody's keys."""
    await open_gate(sql)
    return sql


@pytest.mark.parametrize("data", ["", "not json", '{"a":', '{"a":1}}'])
async def test_an_entry_of_the_audit_log_is_json(sql: asyncpg.Connection, data: str) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await append_entry(sql, "noise", "noise", "ada", data=data)
    await append_entry(sql, "noise", "noise", "ada", data='{"a":1}')


@pytest.mark.parametrize("moment", ["20000-01-01", "1999-12-31", "infinity", "-infinity"])
async def test_a_revocation_is_of_a_time_that_can_be_read(gate: asyncpg.Connection, moment: str) -> None:
    async with refused_with("JX007", "a revocation is of now"):
        await gate.execute(
            "INSERT INTO gate.revocation (payload_sha256, reason, revoked_at) "
            f"VALUES ($1, 'it misbehaves', '{moment}')",
            sha256_of(b"any"),
        )


_ARTIFACT = "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ($1, $2, {moment})"


@pytest.mark.parametrize("artifact_id", ["sha256:3f9a1b2c3d4e", "ma_crossover_v1@1.0.0", "a b", "-a", "a\n"])
async def test_an_artifacts_id_is_never_the_spelling_of_something_else(
    gate: asyncpg.Connection, artifact_id: str
) -> None:
    async with refused_with("JX008", "that no artifact has"):
        await gate.execute(_ARTIFACT.format(moment="now()"), artifact_id, payload_bytes())


@pytest.mark.parametrize(
    ("told", "lied"),
    [
        (b'"name":"ma_crossover_v1"', b'"name":"Bad Name"'),
        (b'"name":"ma_crossover_v1"', b'"name":"_v1"'),
        (b'"version":"1.0.0"', b'"version":"1 0"'),
        (b'"version":"1.0.0"', b'"version":"1\\n0"'),
    ],
)
async def test_an_artifact_is_called_what_every_reader_takes(
    gate: asyncpg.Connection, told: bytes, lied: bytes
) -> None:
    payload = payload_bytes().replace(told, lied)
    assert payload != payload_bytes()
    async with refused_with("JX008", "that no artifact has"):
        await gate.execute(_ARTIFACT.format(moment="now()"), "art-1", payload)


async def test_an_artifact_is_of_a_time_that_can_be_read(gate: asyncpg.Connection) -> None:
    for moment in ("'20000-01-01'", "'infinity'", "'1999-12-31'"):
        async with refused_with("JX008", "that no artifact has"):
            await gate.execute(_ARTIFACT.format(moment=moment), "art-1", payload_bytes())
    await gate.execute(_ARTIFACT.format(moment="now()"), "art-1", payload_bytes())
