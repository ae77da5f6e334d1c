"""The emergency of the plan: one person stops a strategy that a real trader trades."""

from pathlib import Path

import pytest

from jax.domain.artifact import ArtifactState
from jax.domain.audit import first_broken_entry
from tests.gate_desk import GateDesk
from tests.integration.gate.emergency import (
    REASON,
    Released,
    Stop,
    approved,
    by_a_signed_revocation,
    by_sql,
    by_sql_of_a_login_that_may_nothing_else,
    execute,
    release,
    running,
    trade_into_it,
    until,
)
from tests.integration.trader.trading_floor import bar_body
from tests.postgres_server import run_sql

_NOT_ANY_MORE = {"ARTIFACT_NOT_LOADABLE", "ARTIFACT_NOT_LOADED"}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Released:
    return release(tmp_path / "home", database_url)


@pytest.mark.parametrize("stop", [by_a_signed_revocation, by_sql_of_a_login_that_may_nothing_else])
def test_one_person_stops_a_strategy_at_once_and_everything_else_goes_on(desk: Released, stop: Stop) -> None:
    with desk.trader() as trader:
        before = trade_into_it(trader)
        assert running(trader) == {desk.stopped.payload_sha256, desk.other.payload_sha256}
        stopped_at = stop(desk)
        at_once = trader.post("/api/v1/execute", before.waiting)
        until(lambda: running(trader) == {desk.other.payload_sha256})
        until(lambda: desk.status_of(before.working) == "CANCELED")
        afterwards = trader.post("/api/v1/execute", before.waiting)
        health = trader.get("/health")
        goes_on = execute(trader, approved(trader, day=7, symbol="MSFT"))
        proposed = trader.post("/api/v1/bars", {"bars": [bar_body(8)]}).json()["signals"]
        assert trader.stop() == 0
    for denied in (at_once, afterwards):
        assert (denied.status_code, denied.json()["code"] in _NOT_ANY_MORE) == (422, True), denied.text
    assert afterwards.json()["error"] == (
        f"this trader does not run buys_every_bar {desk.stopped.payload_sha256}"
    )
    assert [(found["id"], found["reason"]) for found in health.json()["artifacts_refused"]] == [
        (desk.stopped.artifact_id, "it is revoked")
    ]
    assert (goes_on["status"], goes_on["artifact_hash"]) == ("FILLED", desk.other.payload_sha256)
    assert proposed == []
    assert desk.traded_after(stopped_at) == 0
    assert desk.held() == desk.asked(
        "SELECT quantity FROM trading.trade WHERE trade_id = $1", before.filled["trade_id"]
    )
    assert desk.at_the_broker() == {
        before.filled["order_id"]: "FILLED",
        before.working["order_id"]: "CANCELED",
        goes_on["order_id"]: "FILLED",
    }


@pytest.mark.parametrize("stop", [by_a_signed_revocation, by_sql_of_a_login_that_may_nothing_else])
def test_the_history_names_who_stopped_it_and_why(desk: Released, stop: Stop) -> None:
    stop(desk)
    who = desk.asked("SELECT revoker FROM gate.revocation")

    async def tell(gate: GateDesk) -> None:
        assert await gate.revocations.tell_history(actor="rolf") == 1
        async with gate.unit_of_work.begin() as transaction:
            last = (await transaction.artifacts.history(desk.stopped.artifact_id))[-1]
            entries = await transaction.audit.entries()
        assert (last.to_state, last.reason) == (ArtifactState.REVOKED, f"revoked by {who}: {REASON}")
        assert first_broken_entry(list(entries)) is None
        (told,) = [entry for entry in entries if entry.event.kind == "gate.revocation"]
        assert isinstance(told.event.data, dict)
        assert (told.event.data["revoker"], told.event.data["reason"]) == (who, REASON)

    assert who == "rolf" if stop is by_a_signed_revocation else who.startswith("member_")
    desk.acts(tell)


def test_a_restarted_trader_does_not_load_it_again_not_even_when_the_revocation_was_deleted(
    desk: Released,
) -> None:
    with desk.trader() as trader:
        before = trade_into_it(trader)
        stopped_at = by_sql(desk)
        until(lambda: running(trader) == {desk.other.payload_sha256})
        until(lambda: desk.status_of(before.working) == "CANCELED")
        trader.kill()
    with desk.trader() as trader:
        assert running(trader) == {desk.other.payload_sha256}
        assert trader.stop() == 0
    run_sql(
        desk.database_url,
        "ALTER TABLE gate.revocation DISABLE TRIGGER USER",
        "DELETE FROM gate.revocation",
    )
    assert desk.asked("SELECT gate.is_loadable($1)", desk.stopped.artifact_id) is True
    with desk.trader() as trader:
        health = trader.get("/health").json()
        denied = trader.post("/api/v1/execute", before.waiting)
    assert [found["hash"] for found in health["artifacts"]] == [desk.other.payload_sha256]
    assert [found["reason"] for found in health["artifacts_refused"]] == ["it is revoked"]
    assert (denied.status_code, denied.json()["code"]) == (422, "ARTIFACT_NOT_LOADED")
    assert desk.traded_after(stopped_at) == 0


def test_the_version_before_comes_back_by_a_rollback(desk: Released) -> None:
    with desk.trader() as trader:
        before = trade_into_it(trader)
        stopped_at = by_sql(desk)
        until(lambda: running(trader) == {desk.other.payload_sha256})
        desk.acts(lambda gate: gate.release(desk.earlier, reason="1.0.1 buys the wrong side"))
        until(lambda: running(trader) == {desk.earlier.payload_sha256, desk.other.payload_sha256})
        denied = trader.post("/api/v1/execute", before.waiting)
        back = execute(trader, approved(trader, day=7))
        until(lambda: desk.status_of(before.working) == "CANCELED")
        health = trader.get("/health").json()
    assert (denied.status_code, denied.json()["code"] in _NOT_ANY_MORE) == (422, True)
    assert back["artifact_hash"] == desk.earlier.payload_sha256
    assert (health["status"], health["artifacts_refused"], health["snapshot_seq"]) == ("ok", [], 4)
    assert desk.traded_after(stopped_at) == 0
