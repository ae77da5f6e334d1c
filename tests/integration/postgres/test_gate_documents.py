"""Policies, keys, the payloads of artifacts, and moments: what schema `gate` takes, and what it refuses."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import pytest

from jax.domain.artifact import ApprovalKind
from jax.domain.canonical_json import Json, canonical_bytes
from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from tests.contract.stored_values import payload_bytes
from tests.integration.postgres.gate_rows import add_policy, open_gate
from tests.integration.postgres.refusals import refused_by, refused_with


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """The gate with a policy and everybody's keys."""
    await open_gate(sql)
    return sql


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-01T00:00:00Z", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T23:59:59.5Z", datetime(2026, 3, 1, 23, 59, 59, 500000, tzinfo=UTC)),
    ],
)
async def test_a_moment_is_the_same_in_every_session(
    sql: asyncpg.Connection, written: str, moment: datetime
) -> None:
    for zone in ("UTC", "America/New_York"):
        await sql.execute(f"SET timezone = '{zone}'")
        await sql.execute("SET datestyle = 'German'")
        assert await sql.fetchval("SELECT gate.moment($1)", written) == moment


@pytest.mark.parametrize(
    "written",
    [
        "",
        "now",
        "2026-03-01",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00+00:00",
        "2026-03-01 00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T00:00:60Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
    ],
)
async def test_a_moment_is_written_in_one_way_only(sql: asyncpg.Connection, written: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match=r"is not a time of RFC 3339|out of range"):
        await sql.fetchval("SELECT gate.moment($1)", written)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"schema": "jax/policy/v2"}, "no policy of schema jax/policy/v1"),
        ({"solo": "yes"}, "no policy of schema jax/policy/v1"),
        ({"solo": None}, "no policy of schema jax/policy/v1"),
        ({"quorum": {"TECHNICAL": 0, "RISK": 1, "COMPLIANCE": 0}}, "says 0 for quorum.TECHNICAL, and 1 to 9"),
        ({"quorum": {"TECHNICAL": 1, "RISK": 0, "COMPLIANCE": 0}}, "says 0 for quorum.RISK, and 1 to 9"),
        ({"quorum": {"TECHNICAL": 1, "RISK": 10, "COMPLIANCE": 0}}, "says 10 for quorum.RISK"),
        ({"quorum": {"TECHNICAL": 1, "RISK": "one", "COMPLIANCE": 0}}, "says one for quorum.RISK"),
        ({"quorum": {"TECHNICAL": 1, "RISK": 1}}, "says <NULL> for quorum.COMPLIANCE, and 0 to 9"),
        ({"approval_days": 367}, "says 367 for approval_days, and 1 to 366"),
        ({"approval_days": 0}, "says 0 for approval_days"),
        ({"snapshot_days": 93}, "says 93 for snapshot_days, and 1 to 92"),
        ({"version": 0}, "says 0 for version"),
        ({"version": 1000001}, "says 1000001 for version"),
    ],
)
async def test_no_policy_asks_for_less_than_every_trader_does(
    sql: asyncpg.Connection, change: dict[str, Json], refusal: str
) -> None:
    document = json.loads(DESK_POLICY.encoded()) | change
    async with refused_with("JX009", refusal):
        await sql.execute("INSERT INTO gate.policy (document) VALUES ($1)", canonical_bytes(document))


async def test_policies_are_told_apart_by_their_versions(sql: asyncpg.Connection) -> None:
    await add_policy(sql, DESK_POLICY)
    async with refused_by("policy_version_once"):
        await add_policy(sql, SOLO_POLICY)
    await add_policy(sql, replace(SOLO_POLICY, version=2, quorum=dict.fromkeys(ApprovalKind, 1)))
    rows = await sql.fetch("SELECT sha256, name, version, solo FROM gate.policy ORDER BY version")
    assert tuple(rows[0]) == (DESK_POLICY.sha256, "desk", 1, False)
    assert tuple(rows[1])[1:] == ("solo", 2, True)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"name": ""}, "policy_name_length"),
        ({"name": "d" * 65}, "policy_name_length"),
        ({"more": "d" * 1024 * 1024}, "policy_document_size"),
    ],
)
async def test_a_policy_has_a_name_and_a_limit(
    sql: asyncpg.Connection, change: dict[str, Json], constraint: str
) -> None:
    document = json.loads(DESK_POLICY.encoded()) | change
    async with refused_by(constraint):
        await sql.execute("INSERT INTO gate.policy (document) VALUES ($1)", canonical_bytes(document))


@pytest.mark.parametrize(
    ("statement", "constraint"),
    [
        ("gate.member_key (public_key, person) VALUES ('', 'tom')", "member_key_public_key_size"),
        (
            "gate.member_key (public_key, person) SELECT public_key, 'tom' FROM gate.member_key",
            "member_key_pk",
        ),
        (
            "gate.member_key (public_key, person) VALUES (decode(repeat('ab', 32), 'hex'), 'Tom')",
            "member_key_person_form",
        ),
        ("gate.key_role SELECT key_id, 'KING' FROM gate.member_key", "key_role_role_known"),
        ("gate.key_role SELECT * FROM gate.key_role", "key_role_pk"),
        ("gate.key_role VALUES ('sha256:1', 'RISK')", "key_role_of_key"),
        ("gate.key_end VALUES ('sha256:1', now())", "key_end_of_key"),
        ("gate.key_end SELECT key_id, now() FROM gate.member_key, (VALUES (1), (2)) AS v", "key_end_pk"),
    ],
)
async def test_keys_have_one_owner_and_known_roles(
    gate: asyncpg.Connection, statement: str, constraint: str
) -> None:
    async with refused_by(constraint):
        await gate.execute(f"INSERT INTO {statement}")


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        (
            "jax/artifact/v2",
            "jax/artifact/v1",
            "of schema jax/artifact/v1: submit it again",
        ),
        ('"golden_suite_sha256"', '"golden_suite"', "has no hash as golden_suite_sha256"),
        ('"orders_sha256"', '"orders"', "has no hash as backtest.orders_sha256"),
        ('"bundle_sha256"', '"bundle"', "has no hash as code.bundle_sha256"),
    ],
)
async def test_refuses_an_artifact_whose_payload_lacks_a_hash(
    sql: asyncpg.Connection, old: str, new: str, refusal: str
) -> None:
    payload = payload_bytes().replace(old.encode(), new.encode())
    async with refused_with("JX008", refusal):
        await _add_payload(sql, payload)


@pytest.mark.parametrize("author", ["Rita", "rita ", "rita@desk", "1rita", "r" * 64])
async def test_refuses_an_author_who_is_no_person(sql: asyncpg.Connection, author: str) -> None:
    async with refused_with("JX006", f'the author "{author}" is no name of a person'):
        await _add_payload(sql, payload_bytes().replace(b'"rita"', f'"{author}"'.encode()))


async def _add_payload(sql: asyncpg.Connection, payload: bytes) -> None:
    await sql.execute(
        "INSERT INTO gate.artifact (artifact_id, payload, created_at) VALUES ('art-1', $1, now())", payload
    )
