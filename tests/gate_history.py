"""A desk's history at the gate: two versions, three trades, a revocation, a rollback, a key that ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from jax.domain.artifact import Artifact
from jax.domain.bar import Bar, Timeframe
from jax.domain.gate_root import with_key_ended
from jax.domain.order import OrderType
from jax.domain.record_row import RecordRow
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.execute_signal import Executed, ExecuteSignal
from jax.modules.execution.record_order import TradingAccount
from jax.ports.unit_of_work import UnitOfWork
from tests.desk import (
    ACCOUNT,
    APPLE,
    LIMITS,
    Desk,
    active_artifact,
    approved_signal,
    open_desk,
    submission,
)
from tests.entry_rights import right_to_enter
from tests.gate_people import Hand


@dataclass(frozen=True, slots=True)
class History:
    """`first` is ma_crossover_v1 1.0.0, ACTIVE again; `second` is 1.0.1, revoked."""

    desk: Desk
    first: Artifact
    second: Artifact
    trade_ids: tuple[str, str, str]


@asynccontextmanager
async def recorded_history(unit_of_work: UnitOfWork | None = None) -> AsyncIterator[History]:
    """Everything in it was done by the use cases themselves."""
    async with open_desk(unit_of_work) as desk:
        async with desk.unit_of_work.begin() as transaction:
            await transaction.reference.put_instruments([replace(APPLE, symbol="TSLA")])
        first = await active_artifact(desk)
        one = await trade(desk, first, "sg1", "AAPL")
        second = await active_artifact(desk, submission(last_end=datetime(2021, 12, 31, 21, tzinfo=UTC)))
        two = await trade(desk, second, "sg2", "MSFT")
        await desk.gate.revoke(second)
        await desk.gate.revocations.tell_history(actor="rolf")
        await desk.gate.renew()
        await desk.gate.release(first, reason="back to what is known")
        three = await trade(desk, first, "sg3", "TSLA")
        await _end_key(desk, "tessa")
        yield History(desk, first, second, (one, two, three))


async def trade(desk: Desk, artifact: Artifact, signal_id: str, symbol: str) -> str:
    """The id of the trade of a signal of `artifact`, decided a second later."""
    desk.clock.advance(timedelta(seconds=1))
    await approved_signal(desk, artifact, signal_id=signal_id, symbol=symbol)
    now, price = desk.clock.now(), Decimal(150)
    bar = Bar(symbol, Timeframe.DAY, now - timedelta(hours=1), now, price, price, price, price, Decimal(1000))
    await desk.broker.on_bars([bar])
    async with desk.unit_of_work.begin() as transaction:
        await transaction.bars.append([bar])
        epoch = await transaction.orders.raise_epoch(ACCOUNT)
    loaded = {artifact.payload_sha256: right_to_enter(artifact)}
    engine = ExecuteSignal(
        unit_of_work=BookedUnitOfWork(
            desk.unit_of_work, ACCOUNT, clock=desk.clock, orders_kept_for=LIMITS.orders_looked_back
        ),
        broker=desk.broker,
        clock=desk.clock,
        trading=TradingAccount(ACCOUNT, epoch, LIMITS, OrderType.LIMIT),
        loaded=lambda: loaded,
    )
    outcome = await engine.execute(signal_id, approved_by="olivia")
    assert isinstance(outcome, Executed), outcome
    return outcome.trade.trade_id


async def _end_key(desk: Desk, person: str) -> None:
    """What `person` has signed stays signed; from a second later on the key signs nothing."""
    desk.clock.advance(timedelta(seconds=1))
    desk.gate.root = with_key_ended(desk.gate.root, Hand(person).key_id, desk.clock.now())
    await desk.gate.publishing.keys(actor="rene")


async def record_rows(unit_of_work: UnitOfWork) -> list[RecordRow]:
    """Every row of the record, in a transaction of its own."""
    async with unit_of_work.begin() as transaction:
        return [row async for row in transaction.record.rows()]
