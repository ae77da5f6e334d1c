"""The plan's runbook asks by its own names, and one query tells where a trade comes from."""

import json
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ArtifactState
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.gate_policy import DESK_POLICY
from tests.contract.stored_values import artifact, store_order, store_signal
from tests.integration.postgres.gate_rows import (
    add_approval,
    add_evidence,
    add_policy,
    bring_to,
    open_gate,
    revoke,
)
from tests.integration.postgres.signed_rows import (
    CORA,
    ROSA,
    TESSA,
    TOBIAS,
    TODAY,
    ZEROS,
    signed_approval,
    signed_golden,
    signed_rerun,
)

OF = artifact()
LATER = replace(DESK_POLICY, version=2)


@pytest.fixture
def database_url(emptied_database_url: str) -> str:
    """These tests leave the tables as they are."""
    return emptied_database_url


@pytest.fixture
async def gate(sql: asyncpg.Connection) -> asyncpg.Connection:
    """art-1 is active, and was run again twice."""
    await open_gate(sql)
    await bring_to(sql, OF, ArtifactState.ACTIVE)
    await add_evidence(sql, OF, signed_golden(OF, but={"result": "FAILED", "failedTests": ["second"]}))
    return sql


async def test_strategy_artifacts_says_what_is_in_which_state(gate: asyncpg.Connection) -> None:
    row = await gate.fetchrow("SELECT * FROM strategy_artifacts")
    assert (row["id"], row["artifact_id"], row["state"]) == ("art-1", "art-1", "ACTIVE")
    assert (row["strategy_name"], row["strategy_version"]) == ("ma_crossover_v1", "1.0.0")
    assert (row["hash"], row["code_ref"], row["created_by"]) == (OF.payload_sha256, ZEROS, "rita")
    assert json.loads(row["params"]) == {"fast": 10, "slow": 30}
    assert json.loads(row["risk_profile"])["max_daily_loss"] == "1000"
    assert json.loads(row["validation"])["run_id"] == "run-1"
    assert (json.loads(row["symbols"]), row["data_window_to"]) == (["AAPL"], "2012-12-31T21:00:00Z")
    await revoke(gate, OF)
    assert await gate.fetchval("SELECT state FROM strategy_artifacts") == "REVOKED"


async def test_artifact_approvals_says_who_decided_and_whether_it_still_counts(
    gate: asyncpg.Connection,
) -> None:
    long_ago = TODAY - timedelta(days=181)
    await add_approval(gate, OF, signed_approval(OF, CORA, issued=long_ago))
    await add_approval(gate, OF, signed_approval(OF, TOBIAS, decision="REJECT"))
    rows = await gate.fetch(
        "SELECT approved_by, approval_type, decision, in_force, state, review_notes "
        "FROM strategy_artifacts AS a JOIN artifact_approvals AS ap USING (artifact_id, state) "
        "ORDER BY approved_by"
    )
    assert [tuple(row)[:4] for row in rows] == [
        ("cora", "COMPLIANCE", "APPROVE", False),
        ("rosa", "RISK", "APPROVE", True),
        ("tessa", "TECHNICAL", "APPROVE", True),
        ("tobias", "TECHNICAL", "REJECT", True),
    ]
    assert {tuple(row)[4:] for row in rows} == {("ACTIVE", "read it twice")}
    await add_policy(gate, LATER)
    await add_approval(gate, OF, signed_approval(OF, ROSA, policy=LATER))
    standing = await gate.fetch("SELECT approved_by, policy_sha256 FROM artifact_approvals WHERE in_force")
    assert [tuple(row) for row in standing] == [("rosa", LATER.sha256)]


async def test_artifact_promotions_is_the_history_with_its_entries(gate: asyncpg.Connection) -> None:
    rows = await gate.fetch(
        "SELECT p.from_state, p.to_state, p.promoted_by, e.kind FROM artifact_promotions AS p "
        "JOIN audit.entry AS e ON (e.n, e.entry_sha256) = (p.entry_n, p.entry_sha256) ORDER BY p.n"
    )
    assert [tuple(row) for row in rows] == [
        ("NONE", "DRAFT", "rita", "artifact.step"),
        ("DRAFT", "VALIDATED", "victor", "artifact.step"),
        ("VALIDATED", "REVIEWED", "tessa", "artifact.step"),
        ("REVIEWED", "APPROVED", "rosa", "artifact.step"),
        ("APPROVED", "ACTIVE", "rene", "artifact.step"),
    ]


async def test_artifact_validation_reports_says_what_passed(gate: asyncpg.Connection) -> None:
    other_orders = signed_rerun(OF, but={"orders_sha256": sha256_of(b"others")})
    other_suite: Json = [{"name": "golden-suite", "digest": {"sha256": "1" * 64}}]
    await add_evidence(gate, OF, other_orders, signed_golden(OF, but={"configuration": other_suite}))
    rows = await gate.fetch(
        "SELECT test_type, passed, metrics, errors, validated_by FROM artifact_validation_reports "
        "ORDER BY test_type, passed, errors"
    )
    metrics = '{"total_return": "0.1"}'
    assert [tuple(row) for row in rows] == [
        ("GOLDEN", False, None, "[]", "victor"),
        ("GOLDEN", False, None, '["second"]', "victor"),
        ("GOLDEN", True, None, "[]", "victor"),
        ("RERUN", False, metrics, None, "victor"),
        ("RERUN", True, metrics, None, "victor"),
    ]


async def test_trade_provenance_leads_from_a_trade_to_its_approvals_and_its_policy(
    gate: asyncpg.Connection, unit_of_work: PostgresUnitOfWork
) -> None:
    await add_approval(gate, OF, signed_approval(OF, TOBIAS, issued=TODAY - timedelta(days=181)))
    await add_approval(gate, OF, signed_approval(OF, CORA, decision="REJECT"))
    await add_policy(gate, LATER)
    await add_approval(gate, OF, signed_approval(OF, CORA, policy=LATER))
    decided = await store_signal(unit_of_work, OF, "sg1")
    async with unit_of_work.begin() as tx:
        await store_order(tx, decided, at=TODAY + timedelta(minutes=1))
    row = await gate.fetchrow("SELECT * FROM gate.trade_provenance")
    assert (row["trade_id"], row["client_order_id"], row["account"]) == ("tr-jx1", "jx1", "paper")
    assert (row["strategy"], row["version"], row["author"]) == ("ma_crossover_v1", "1.0.0", "rita")
    assert (row["payload_sha256"], row["bundle_sha256"]) == (OF.payload_sha256, ZEROS)
    assert (row["policy_sha256"], row["policy"], row["solo"]) == (DESK_POLICY.sha256, "desk", False)
    told = [(each["approver"], each["kind"]) for each in json.loads(row["approvals"])]
    assert told == [(ROSA.name, ROSA.role), (TESSA.name, TESSA.role)]
