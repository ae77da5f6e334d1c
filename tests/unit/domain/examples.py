"""One valid value of each kind, to be changed field by field."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.domain.account import AccountSnapshot
from jax.domain.approval import Approval, Decision
from jax.domain.artifact import ApprovalKind, Artifact, ArtifactEvent, ArtifactState
from jax.domain.audit import AuditEvent
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bar import Bar, Timeframe
from jax.domain.canonical_json import sha256_of
from jax.domain.checkpoint import Checkpoint
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.position import Lot, Position
from jax.domain.position_sizing import SizingLimits, SizingRequest
from jax.domain.quote import Quote
from jax.domain.revocation import Revocation
from jax.domain.risk_profile import RiskProfile
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.domain.side import Side
from jax.domain.signal import Signal
from jax.domain.snapshot import LogHead, Snapshot
from jax.domain.trade import Trade

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
HASH = sha256_of(b"payload")
OTHER_HASH = sha256_of(b"another payload")


def an_account(**changes: Any) -> AccountSnapshot:
    fields: dict[str, Any] = {
        "account": "DU1",
        "currency": "USD",
        "cash": Decimal("60000"),
        "net_liquidation": Decimal("100000"),
        "buying_power": Decimal("60000"),
    }
    return AccountSnapshot(**fields | changes)


def an_instrument(**changes: Any) -> Instrument:
    fields: dict[str, Any] = {
        "symbol": "AAPL",
        "mic": "XNAS",
        "currency": "USD",
        "price_increment": Decimal("0.01"),
        "lot_size": Decimal(1),
    }
    return Instrument(**fields | changes)


def a_bar(**changes: Any) -> Bar:
    fields: dict[str, Any] = {
        "symbol": "AAPL",
        "timeframe": Timeframe.DAY,
        "start": NOON,
        "end": NOON + timedelta(hours=6),
        "open": Decimal("150"),
        "high": Decimal("152"),
        "low": Decimal("149"),
        "close": Decimal("151"),
        "volume": Decimal("1000000"),
    }
    return Bar(**fields | changes)


def a_quote(**changes: Any) -> Quote:
    fields: dict[str, Any] = {
        "symbol": "AAPL",
        "bid": Decimal("149.99"),
        "ask": Decimal("150.01"),
        "ts_event": NOON,
    }
    return Quote(**fields | changes)


def a_signal(**changes: Any) -> Signal:
    fields: dict[str, Any] = {
        "signal_id": "sg1",
        "artifact_id": "a1",
        "artifact_hash": HASH,
        "strategy": "ma_crossover_v1",
        "symbol": "AAPL",
        "side": Side.BUY,
        "entry_price": Decimal("150"),
        "stop_loss": Decimal("145"),
        "take_profit": Decimal("165"),
        "confidence": Decimal("0.65"),
        "reason": "averages aligned upwards",
        "ts_event": NOON,
        "created_at": NOON,
    }
    return Signal(**fields | changes)


def an_order(**changes: Any) -> Order:
    fields: dict[str, Any] = {
        "client_order_id": "jx1",
        "account": "DU1",
        "signal_id": "sg1",
        "artifact_id": "a1",
        "artifact_hash": HASH,
        "strategy": "ma_crossover_v1",
        "symbol": "AAPL",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": Decimal("133"),
        "limit_price": Decimal("150"),
        "time_in_force": TimeInForce.DAY,
        "epoch": 1,
        "created_at": NOON,
        "deadline_at": NOON + timedelta(seconds=5),
        "updated_at": NOON,
    }
    return Order(**fields | changes)


def a_fill(**changes: Any) -> Fill:
    fields: dict[str, Any] = {
        "execution_id": "e1",
        "client_order_id": "jx1",
        "symbol": "AAPL",
        "side": Side.BUY,
        "quantity": Decimal("33"),
        "price": Decimal("149.95"),
        "commission": Decimal("0.33"),
        "ts_event": NOON,
    }
    return Fill(**fields | changes)


def a_trade(**changes: Any) -> Trade:
    fields: dict[str, Any] = {
        "trade_id": "tr1",
        "signal_id": "sg1",
        "client_order_id": "jx1",
        "artifact_id": "a1",
        "artifact_hash": HASH,
        "strategy": "ma_crossover_v1",
        "symbol": "AAPL",
        "side": Side.BUY,
        "quantity": Decimal("133"),
        "entry_price": Decimal("150"),
        "stop_loss": Decimal("145"),
        "take_profit": Decimal("165"),
        "risk_amount": Decimal("665"),
        "risk_fraction": Decimal("0.00665"),
        "position_value": Decimal("19950"),
        "approved_by": "Noor",
        "submitted_at": NOON,
        "policy_sha256": HASH,
    }
    return Trade(**fields | changes)


def an_artifact(**changes: Any) -> Artifact:
    fields: dict[str, Any] = {
        "artifact_id": "a1",
        "name": "ma_crossover_v1",
        "version": "1.0.0",
        "author": "avery",
        "payload": b"payload",
        "payload_sha256": HASH,
        "created_at": NOON,
    }
    return Artifact(**fields | changes)


def an_approval(**changes: Any) -> Approval:
    fields: dict[str, Any] = {
        "subject": "ma_crossover_v1 1.0.0",
        "payload_sha256": HASH,
        "kind": ApprovalKind.TECHNICAL,
        "decision": Decision.APPROVE,
        "approver": "noor",
        "policy_sha256": OTHER_HASH,
        "displayed_sha256": OTHER_HASH,
        "reason": "read the code",
        "issued_at": NOON,
        "expires_at": NOON + timedelta(days=180),
    }
    return Approval(**fields | changes)


def a_snapshot(**changes: Any) -> Snapshot:
    fields: dict[str, Any] = {
        "seq": 1,
        "log_head": LogHead(12, OTHER_HASH),
        "active": {"ma_crossover_v1": HASH},
        "revoked": (OTHER_HASH,),
        "policy_sha256": OTHER_HASH,
        "signer": "rene",
        "issued_at": NOON,
        "expires_at": NOON + timedelta(days=30),
    }
    return Snapshot(**fields | changes)


def a_revocation(**changes: Any) -> Revocation:
    fields: dict[str, Any] = {
        "subject": "ma_crossover_v1 1.0.0",
        "payload_sha256": HASH,
        "revoker": "rolf",
        "reason": "buys the wrong side",
        "issued_at": NOON,
    }
    return Revocation(**fields | changes)


def a_checkpoint(**changes: Any) -> Checkpoint:
    fields: dict[str, Any] = {
        "log_head": LogHead(12, OTHER_HASH),
        "snapshot_seq": 1,
        "revoked": (HASH,),
        "auditor": "audrey",
        "issued_at": NOON,
    }
    return Checkpoint(**fields | changes)


def an_artifact_event(**changes: Any) -> ArtifactEvent:
    fields: dict[str, Any] = {
        "artifact_id": "a1",
        "n": 2,
        "from_state": ArtifactState.DRAFT,
        "to_state": ArtifactState.VALIDATED,
        "payload_sha256": HASH,
        "actor": "Noor",
        "reason": "run again",
        "at": NOON,
    }
    return ArtifactEvent(**fields | changes)


def an_audit_event(**changes: Any) -> AuditEvent:
    fields: dict[str, Any] = {
        "kind": "order.sent",
        "subject": "jx1",
        "actor": "jax-trader",
        "at": NOON,
        "data": {"quantity": "133"},
    }
    return AuditEvent(**fields | changes)


def some_evidence(**changes: Any) -> BacktestEvidence:
    fields: dict[str, Any] = {
        "run_id": "r1",
        "engine_version": "1",
        "seed": 7,
        "trials": 1,
        "orders_sha256": HASH,
        "metrics": {"total_return": Decimal("0.25")},
    }
    return BacktestEvidence(**fields | changes)


def a_session(**changes: Any) -> ExchangeSession:
    fields: dict[str, Any] = {
        "mic": "XNAS",
        "session_date": date(2024, 3, 1),
        "opens_at": NOON + timedelta(hours=2, minutes=30),
        "closes_at": NOON + timedelta(hours=9),
        "is_half_day": False,
    }
    return ExchangeSession(**fields | changes)


def a_holiday(**changes: Any) -> ExchangeHoliday:
    fields: dict[str, Any] = {"mic": "XNAS", "holiday_date": date(2024, 12, 25)}
    return ExchangeHoliday(**fields | changes)


def a_lot(**changes: Any) -> Lot:
    fields: dict[str, Any] = {"signed_quantity": Decimal(-10), "price": Decimal("150")}
    return Lot(**fields | changes)


def a_position(**changes: Any) -> Position:
    fields: dict[str, Any] = {"symbol": "AAPL", "lots": (a_lot(),), "realized_pnl": Decimal(5)}
    return Position(**fields | changes)


def some_limits(**changes: Any) -> SizingLimits:
    fields: dict[str, Any] = {
        "max_risk_per_trade_fraction": Decimal("0.01"),
        "min_position_size": Decimal(1),
        "max_position_size": Decimal(1000),
        "max_position_value_fraction": Decimal("0.20"),
    }
    return SizingLimits(**fields | changes)


def a_profile(**changes: Any) -> RiskProfile:
    fields: dict[str, Any] = {
        "max_position_fraction": Decimal("0.5"),
        "max_daily_loss": Decimal(5000),
        "allowed_order_types": ("LIMIT",),
        "max_order_notional": Decimal(1_000_000),
        "max_orders_per_minute": 60,
        "price_collar_fraction": Decimal("0.5"),
        "venues": ("paper",),
    }
    return RiskProfile(**fields | changes)


def a_request(**changes: Any) -> SizingRequest:
    fields: dict[str, Any] = {
        "symbol": "AAPL",
        "side": Side.BUY,
        "entry_price": Decimal(150),
        "stop_loss": Decimal(145),
        "net_liquidation": Decimal(100_000),
        "buying_power": Decimal(100_000),
    }
    return SizingRequest(**fields | changes)
