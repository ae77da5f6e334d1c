"""From a trade back to the signatures that allowed it, in one query."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.trade_provenance import PostgresTradeProvenance
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.domain.artifact import ApprovalKind
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.side import Side
from jax.modules.execution.execute_signal import Executed
from jax.ports.errors import NotFound, Unavailable
from jax.ports.trade_provenance import TradeProvenance
from tests.floor import open_floor
from tests.integration.approver.approver_desk import ApproverDesk
from tests.postgres_server import run_sql


async def _trade(url: str) -> tuple[str, TradeProvenance]:
    """A trade's id and where it comes from; it was made between the second and the third snapshot."""
    database = PostgresDatabase(url)
    try:
        async with open_floor(PostgresUnitOfWork(database)) as floor:
            await floor.desk.gate.renew()
            outcome = await floor.engine().execute("sg1", approved_by="olivia")
            assert isinstance(outcome, Executed)
            floor.desk.clock.advance(timedelta(minutes=2))
            await floor.desk.gate.renew()
        trade_id = outcome.trade.trade_id
        return trade_id, await PostgresTradeProvenance(database).of_trade(trade_id)
    finally:
        await database.close()


async def test_a_trade_leads_to_signal_artifact_approvals_policy_and_snapshot(database_url: str) -> None:
    trade_id, found = await _trade(database_url)
    assert (found.trade_id, found.symbol, found.side, found.quantity) == (
        trade_id,
        "AAPL",
        Side.BUY,
        Decimal(133),
    )
    assert (found.signal_id, found.signal_approved_by) == ("sg1", "olivia")
    assert (found.strategy, found.version, found.author) == ("ma_crossover_v1", "1.0.0", "ada")
    assert (found.policy, found.policy_version, found.policy_sha256) == ("desk", 1, DESK_POLICY.sha256)
    assert not found.is_solo
    assert {(approval.approver, approval.kind) for approval in found.approvals} == {
        ("tessa", ApprovalKind.TECHNICAL),
        ("rosa", ApprovalKind.RISK),
    }
    for approval in found.approvals:
        assert approval.issued_at <= found.submitted_at < approval.expires_at
    # The one that was in force then: neither the first nor the newest one.
    assert (found.snapshot_seq, found.snapshot_signer, found.is_named) == (2, "rene", True)


async def test_a_trade_that_is_not_there_is_not_found(database_url: str) -> None:
    database = PostgresDatabase(database_url)
    try:
        with pytest.raises(NotFound, match=r"^There is no trade tr\\.$"):
            await PostgresTradeProvenance(database).of_trade("tr\\")
    finally:
        await database.close()


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = PostgresDatabase("postgresql://jax:x@127.0.0.1:1/jax")
    with pytest.raises(Unavailable, match="nothing listens there"):
        await PostgresTradeProvenance(database).of_trade("tr1")


def test_the_command_prints_the_whole_way(database_url: str, tmp_path: Path) -> None:
    trade_id, found = asyncio.run(_trade(database_url))
    desk = ApproverDesk(tmp_path, database_url)
    lines = desk.call("log", "--trade", trade_id).out.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("trade", "signal", "artifact", "hash", "bundle", "approval", "approval", "policy", "snapshot")
    ]
    assert all(line.endswith("  policy=desk") for line in lines)
    assert lines[3] == f"hash      {found.payload_sha256}  policy=desk"
    assert lines[-1] == (f"snapshot  2 by rene, names the artifact, {found.snapshot_sha256}  policy=desk")
    document = desk.good("log", "--trade", trade_id)
    assert document["artifact"]["payload_sha256"] == found.payload_sha256
    assert document["snapshot"]["names_artifact"] is True
    assert [approval["kind"] for approval in document["approvals"]] == [a.kind for a in found.approvals]


def test_a_trade_that_no_signature_allowed_shows_none(database_url: str, tmp_path: Path) -> None:
    trade_id, _ = asyncio.run(_trade(database_url))
    # Who owns the tables can take the guards away; the page must not hide what follows.
    run_sql(
        database_url,
        "ALTER TABLE trading.trade DISABLE TRIGGER USER",
        "UPDATE trading.trade SET submitted_at = submitted_at - interval '1 year'",
    )
    document = ApproverDesk(tmp_path, database_url).good("log", "--trade", trade_id)
    assert document["approvals"] == []
    assert document["snapshot"] == {
        "seq": None,
        "snapshot_sha256": None,
        "signer": None,
        "names_artifact": False,
    }
