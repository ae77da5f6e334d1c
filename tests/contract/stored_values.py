"""Values to store: valid, all different where it matters, and whole down to the artifact's payload."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.artifact_payload import payload_of
from jax.domain.bar import Bar, Timeframe
from jax.domain.canonical_json import sha256_of
from jax.domain.fill import Fill
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.order_status import FIRST_STATUSES, OrderStatus
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.trade import Trade
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.gate_walk import bring_to, store_draft

NOW = datetime(2024, 3, 1, 15, 30, 0, 123456, tzinfo=UTC)
ACCOUNT = "paper"
_ZEROS = "sha256:" + "0" * 64
_S = ArtifactState
_PATH = (_S.VALIDATED, _S.REVIEWED, _S.APPROVED, _S.ACTIVE, _S.DEPRECATED)
PATH_TO: dict[ArtifactState, tuple[ArtifactState, ...]] = {
    _S.DRAFT: (),
    **{state: _PATH[: n + 1] for n, state in enumerate(_PATH)},
    _S.REVOKED: (_S.REVOKED,),
}


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def payload_bytes(*, name: str = "ma_crossover_v1", version: str = "1.0.0", author: str = "rita") -> bytes:
    document: dict[str, Any] = {
        "schema": "jax/artifact/v2",
        "name": name,
        "version": version,
        "author": author,
        "golden_suite_sha256": _ZEROS,
        "code": {
            "repo": "local",
            "commit": "unversioned",
            "bundle_sha256": _ZEROS,
            "entry": "strategy:STRATEGY",
        },
        "env": {"python": "3.11", "lock_sha256": _ZEROS},
        "params": {"fast": 10, "slow": 30},
        "data": {
            "manifest_sha256": _ZEROS,
            "from": "2000-01-03T21:00:00Z",
            "to": "2012-12-31T21:00:00Z",
            "symbols": ["AAPL"],
            "vendor": "sample",
        },
        "risk": {
            "max_position_pct": "0.2",
            "max_daily_loss": "1000",
            "allowed_order_types": ["MARKET"],
            "max_order_notional": "1000000",
            "max_orders_per_min": 60,
            "price_collar_pct": "0.5",
            "venues": ["paper"],
        },
        "backtest": {
            "run_id": "run-1",
            "engine_version": "1",
            "seed": 1,
            "trials": 1,
            "orders_sha256": _ZEROS,
            "metrics": {},
        },
    }
    return payload_of(document).encoded()


def artifact(
    artifact_id: str = "art-1",
    *,
    name: str = "ma_crossover_v1",
    version: str = "1.0.0",
    author: str = "rita",
    created_at: datetime = NOW,
) -> Artifact:
    payload = payload_bytes(name=name, version=version, author=author)
    return Artifact(
        artifact_id=artifact_id,
        name=name,
        version=version,
        author=author,
        payload=payload,
        payload_sha256=sha256_of(payload),
        created_at=created_at,
    )


def signal(of: Artifact, signal_id: str = "sg1", *, ts_event: datetime = NOW) -> Signal:
    return Signal(
        signal_id=signal_id,
        artifact_id=of.artifact_id,
        artifact_hash=of.payload_sha256,
        strategy=of.name,
        symbol="AAPL",
        side=Side.BUY,
        entry_price=Decimal("150.25"),
        stop_loss=Decimal("145.00000001"),
        take_profit=Decimal(160),
        confidence=Decimal("0.75"),
        reason="the fast average crossed the slow one",
        ts_event=ts_event,
        created_at=ts_event + minutes(1),
    )


def order(of: Signal, client_order_id: str = "jx1", *, created_at: datetime = NOW) -> Order:
    return Order(
        client_order_id=client_order_id,
        account=ACCOUNT,
        signal_id=of.signal_id,
        artifact_id=of.artifact_id,
        artifact_hash=of.artifact_hash,
        strategy=of.strategy,
        symbol=of.symbol,
        side=of.side,
        order_type=OrderType.LIMIT,
        quantity=Decimal(100),
        limit_price=Decimal("150.3"),
        time_in_force=TimeInForce.DAY,
        epoch=1,
        created_at=created_at,
        deadline_at=created_at + minutes(0.5),
        updated_at=created_at,
    )


def trade(of: Order, signal_: Signal, *, submitted_at: datetime = NOW) -> Trade:
    return Trade(
        trade_id=f"tr-{of.client_order_id}",
        signal_id=signal_.signal_id,
        client_order_id=of.client_order_id,
        artifact_id=of.artifact_id,
        artifact_hash=of.artifact_hash,
        strategy=of.strategy,
        symbol=of.symbol,
        side=of.side,
        quantity=of.quantity,
        entry_price=signal_.entry_price,
        stop_loss=signal_.stop_loss,
        take_profit=signal_.take_profit,
        risk_amount=Decimal("525.5"),
        risk_fraction=Decimal("0.005255"),
        position_value=Decimal(15025),
        approved_by="paul",
        submitted_at=submitted_at,
        policy_sha256=DESK_POLICY.sha256,
    )


def fill(of: Order, execution_id: str = "x1", *, quantity: int = 40, price: str = "150.2") -> Fill:
    return Fill(
        execution_id=execution_id,
        client_order_id=of.client_order_id,
        symbol=of.symbol,
        side=of.side,
        quantity=Decimal(quantity),
        price=Decimal(price),
        commission=Decimal("0.35"),
        ts_event=NOW + minutes(2),
    )


def bar(day: int = 0, *, symbol: str = "AAPL", close: str = "101.5", volume: str = "1000000") -> Bar:
    end = datetime(2024, 1, 2, 21, 0, tzinfo=UTC) + timedelta(days=day)
    return Bar(
        symbol=symbol,
        timeframe=Timeframe.DAY,
        start=end - timedelta(hours=6.5),
        end=end,
        open=Decimal("100.00000001"),
        high=Decimal(110),
        low=Decimal("99.5"),
        close=Decimal(close),
        volume=Decimal(volume),
    )


async def store_artifact(
    unit_of_work: UnitOfWork, of: Artifact, *, state: ArtifactState = ArtifactState.ACTIVE
) -> Artifact:
    """Stores an artifact and brings it to `state` as people do."""
    return await bring_to(unit_of_work, await store_draft(unit_of_work, of), state)


async def store_order(
    tx: Transaction, of: Signal, client_order_id: str = "jx1", *, at: datetime = NOW
) -> tuple[Order, Trade]:
    """Stores an order of a stored signal with its trade."""
    stored = order(of, client_order_id, created_at=at)
    recorded = trade(stored, of, submitted_at=at)
    await tx.orders.add(stored, recorded)
    return stored, recorded


def approved(of: Signal) -> Signal:
    return replace(of, status=SignalStatus.APPROVED, decided_by="paul", decided_at=NOW + minutes(3))


async def store_signal(unit_of_work: UnitOfWork, of: Artifact, signal_id: str) -> Signal:
    """Stores a signal of a stored artifact."""
    new = signal(of, signal_id)
    async with unit_of_work.begin() as tx:
        await tx.signals.add(new)
    return new


async def store_in_status(unit_of_work: UnitOfWork, of: Signal, status: OrderStatus, **terms: Any) -> Order:
    """Stores the order `jx-` with the id of its signal, and walks it to `status`."""
    first = status if status in FIRST_STATUSES else OrderStatus.PENDING_NEW
    stored = replace(order(of, f"jx-{of.signal_id}"), status=first, **terms)
    async with unit_of_work.begin() as tx:
        await tx.orders.add(stored, trade(stored, of))
        if status is not first:
            stored = stored.moved_to(status, at=NOW + minutes(1))
            await tx.orders.save(stored)
    return stored
