"""The plan's second scenario: an emergency stops a strategy that holds a position, with an entry working."""

from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.domain.audit import AuditEvent, first_broken_entry
from tests.integration.gate.emergency import (
    REASON,
    Released,
    by_a_signed_revocation,
    release,
    running,
    trade_into_it,
    until,
)
from tests.integration.trader.trader_process import TraderProcess
from tests.integration.trader.trading_floor import bar_body
from tests.integration.trader.trading_home import audit_of

_SAID = {"actor": "olivia", "reason": "out of what was revoked"}


def test_a_revocation_cancels_the_working_entry_lets_nothing_in_and_leaves_the_way_out(
    tmp_path: Path, database_url: str
) -> None:
    desk = release(tmp_path / "home", database_url)
    with desk.trader() as trader:
        before = trade_into_it(trader)
        held = desk.held()
        stopped_at = by_a_signed_revocation(desk)
        until(lambda: running(trader) == {desk.other.payload_sha256})
        until(lambda: desk.status_of(before.working) == "CANCELED")

        denied = trader.post("/api/v1/execute", before.waiting)
        proposed = trader.post("/api/v1/bars", {"bars": [bar_body(8)]}).json()["signals"]
        generated = trader.post("/api/v1/signals/generate", {"symbols": ["AAPL"]}).json()["signals"]
        still_held = _held(trader)

        closing = trader.post("/api/v1/positions/AAPL/close", _SAID, timeout=30)
        assert closing.status_code == 202, closing.text
        until(lambda: _held(trader) == 0)
        assert trader.stop() == 0

    assert (denied.status_code, denied.json()["code"]) == (422, "ARTIFACT_NOT_LOADED")
    assert (proposed, generated) == ([], [])
    assert held == still_held > 0
    assert desk.traded_after(stopped_at) == 0
    assert desk.at_the_broker() == {
        before.filled["order_id"]: "FILLED",
        before.working["order_id"]: "CANCELED",
    }
    (closed,) = closing.json()["orders"]
    assert (closed["leg"], closed["status"], Decimal(closed["filled_qty"])) == ("CLOSE", "FILLED", held)
    _check_record(desk, before.working["order_id"], before.waiting["signal_id"])


def _held(trader: TraderProcess) -> Decimal:
    found = trader.get("/api/v1/positions").json()["positions"]
    return sum((Decimal(one["quantity"]) for one in found if one["symbol"] == "AAPL"), Decimal(0))


def _check_record(desk: Released, working: str, waiting: str) -> None:
    """Who stopped it, what was canceled for it, what was denied and what was closed, each with its reason."""
    entries = audit_of(desk.database_url)
    assert first_broken_entry(entries) is None
    events = [entry.event for entry in entries]
    assert desk.asked("SELECT revoker || ': ' || reason FROM gate.revocation") == f"rolf: {REASON}"
    (asked,) = [one for one in events if one.kind == "order.cancel_requested" and one.subject == working]
    assert _of(asked)["reason_code"] == "ARTIFACT_NOT_LOADABLE"
    assert _of(asked)["artifact_hash"] == desk.stopped.payload_sha256
    canceled = [one for one in events if one.kind == "order.changed" and one.subject == working][-1]
    assert "CANCELED" in str(canceled.data)
    (denied,) = [one for one in events if one.kind == "order.denied" and one.subject == waiting]
    assert (denied.actor, _of(denied)["reason_code"]) == ("olivia", "ARTIFACT_NOT_LOADED")
    left = [one for one in events if one.kind == "order.leaving" and _of(one)["leg"] == "CLOSE"]
    assert [(one.actor, _of(one)["reason"]) for one in left] == [(_SAID["actor"], _SAID["reason"])]


def _of(event: AuditEvent) -> dict[str, Any]:
    assert isinstance(event.data, dict)
    return event.data
