"""Two trades of one symbol share one position at the broker: what one has taken is missing to the other."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from tests.desk import ACCOUNT, NOW, quote
from tests.floor import Floor, open_floor
from tests.unit.execution.test_protect_positions import protecting, settled


async def _second_signal(floor: Floor) -> None:
    """sg2, approved: to buy at 150 as sg1, with its stop and its target further away."""
    signal = Signal(
        signal_id="sg2",
        artifact_id=floor.artifact.artifact_id,
        artifact_hash=floor.artifact.payload_sha256,
        strategy=floor.artifact.name,
        symbol="AAPL",
        side=Side.BUY,
        entry_price=Decimal(150),
        stop_loss=Decimal(130),
        take_profit=Decimal(200),
        confidence=Decimal("0.75"),
        reason="test",
        ts_event=NOW,
        created_at=NOW,
    )
    async with floor.desk.unit_of_work.begin() as transaction:
        await transaction.signals.add(signal)
        await transaction.signals.save(signal.moved_to(SignalStatus.APPROVED, by="olivia", at=NOW))


async def _exits(floor: Floor) -> list[Order]:
    async with floor.desk.unit_of_work.begin() as transaction:
        orders = await transaction.orders.of_signal(ACCOUNT, signal_id="sg2")
    return [order for order in orders if order.reduces_only]


async def test_a_trade_whose_units_another_has_sold_is_an_alarm_and_no_stream_of_orders() -> None:
    async with open_floor() as floor:
        await _second_signal(floor)
        for signal_id in ("sg1", "sg2"):
            await floor.engine().execute(signal_id, approved_by="olivia")
        protect = protecting(floor)
        await settled(floor, protect)
        # Nobody looks while the price falls to the stop of sg1 and rises to its target: that sells of sg2.
        await quote(floor.desk, "144")
        await quote(floor.desk, "166")
        assert await floor.desk.broker.positions(ACCOUNT) == {}
        await floor.reconciler().run_once()
        await quote(floor.desk, "129")
        alarms = []
        for _ in range(60):
            floor.desk.clock.advance(timedelta(seconds=1))
            await floor.reconciler().run_once()
            try:
                await protect.run_once()
            except InvalidValue as error:
                alarms.append(str(error))
        ended = Counter((order.leg, order.status) for order in await _exits(floor))
    assert len(alarms) > 30
    assert all("holds 50 AAPL without a stop" in alarm for alarm in alarms)
    # Some when it was seen, then one every ten seconds.
    assert ended[OrderLeg.STOP, OrderStatus.CANCELED] <= 4
    assert ended[OrderLeg.CLOSE, OrderStatus.CANCELED] <= 8
