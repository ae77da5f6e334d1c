"""What was approved with the artifact tightens the trader's limits, and open orders reserve their cost."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.domain.order import OrderType
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.risk_profile import RiskProfile
from jax.modules.execution.execute_signal import Executed
from tests.desk import ACCOUNT, LIMITS, Desk, active_artifact, approved_signal, open_desk, quote, submission
from tests.failing_ports import FailingBroker, Fuse
from tests.floor import Floor, denial, open_floor

_RISK = submission().risk


async def _floor_with_risk(desk: Desk, risk: RiskProfile) -> Floor:
    artifact = await active_artifact(desk, replace(submission(), risk=risk))
    await approved_signal(desk, artifact)
    await quote(desk, "150")
    async with desk.unit_of_work.begin() as transaction:
        return Floor(desk, artifact, await transaction.orders.raise_epoch(ACCOUNT))


async def test_an_order_type_that_was_not_approved_is_denied() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, allowed_order_types=("LIMIT",)))
        denied = await denial(floor, floor.engine(order_type=OrderType.MARKET))
        assert denied.reason_code is ReasonCode.ORDER_TYPE_NOT_ALLOWED
        assert isinstance(await floor.engine().execute("sg1", approved_by="olivia"), Executed)


async def test_a_broker_that_was_not_approved_is_denied() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, venues=("ib",)))
        denied = await denial(floor, floor.engine())
        assert denied.reason_code is ReasonCode.VENUE_NOT_ALLOWED

        class Renamed(FailingBroker):
            @property
            def name(self) -> str:
                return "ib"

        engine = floor.engine(broker=Renamed(desk.broker, Fuse()))
        assert isinstance(await engine.execute("sg1", approved_by="olivia"), Executed)


async def test_the_approved_position_limit_holds_below_the_traders() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, max_position_fraction=Decimal("0.1")))
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
    assert isinstance(outcome, Executed)
    assert outcome.trade.quantity == Decimal(66)


async def test_the_approved_notional_of_an_order_cuts_its_size_and_is_on_record() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, max_order_notional=Decimal(15_000)))
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
        async with desk.unit_of_work.begin() as transaction:
            (decided,) = await transaction.audit.entries(kind="order.decided")
    assert isinstance(outcome, Executed)
    assert outcome.trade.quantity == Decimal(100)
    assert isinstance(decided.event.data, dict)
    assert decided.event.data["max_order_notional"] == "15000"
    assert decided.event.data["market_price"] == "150"
    assert decided.event.data["orders_last_minute"] == 0


async def test_orders_of_the_last_minute_count_until_they_are_a_minute_old() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, max_orders_per_minute=1))
        assert isinstance(await floor.engine().execute("sg1", approved_by="olivia"), Executed)
        await approved_signal(desk, floor.artifact, signal_id="sg2")
        desk.clock.advance(timedelta(seconds=59, microseconds=999_999))
        denied = await floor.engine().execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.ORDER_RATE_REACHED
        assert denied.numbers == {"orders_last_minute": Decimal(1), "max_orders_per_minute": Decimal(1)}
        again = await floor.engine().execute("sg1", approved_by="olivia")
        assert isinstance(again, Executed), "a repeat is no new order"
        desk.clock.advance(timedelta(microseconds=1))
        assert isinstance(await floor.engine().execute("sg2", approved_by="olivia"), Executed)


async def test_of_many_at_once_only_as_many_are_ordered_as_a_minute_may_have() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, max_orders_per_minute=3))
        for number in range(2, 7):
            await approved_signal(desk, floor.artifact, signal_id=f"sg{number}")
        engine = floor.engine()
        asks = [engine.execute(f"sg{number}", approved_by="olivia") for number in range(1, 7)]
        outcomes = await asyncio.gather(*asks)
    denied = [outcome.reason_code for outcome in outcomes if isinstance(outcome, Denied)]
    assert denied == [ReasonCode.ORDER_RATE_REACHED] * 3


async def test_an_entry_price_that_the_market_has_left_is_denied_with_both_prices() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, replace(_RISK, price_collar_fraction=Decimal("0.05")))
        await quote(desk, "160")
        denied = await denial(floor, floor.engine())
        assert denied.reason_code is ReasonCode.PRICE_COLLAR
        assert denied.numbers == {
            "entry_price": Decimal(150),
            "market_price": Decimal(160),
            "price_collar_fraction": Decimal("0.05"),
        }
        await quote(desk, "157")
        assert isinstance(await floor.engine().execute("sg1", approved_by="olivia"), Executed)


async def test_the_newest_price_is_that_of_the_signals_own_symbol() -> None:
    async with open_floor() as floor:
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "400", symbol="MSFT")
        denied = await floor.engine().execute("sg2", approved_by="olivia")
    assert isinstance(denied, Denied)
    assert denied.numbers["market_price"] == Decimal(400)


async def test_a_symbol_without_any_known_price_is_not_ordered() -> None:
    async with open_desk() as desk:
        artifact = await active_artifact(desk)
        await approved_signal(desk, artifact)
        await quote(desk, "150", symbol="MSFT")
        async with desk.unit_of_work.begin() as transaction:
            floor = Floor(desk, artifact, await transaction.orders.raise_epoch(ACCOUNT))
        denied = await denial(floor, floor.engine())
    assert denied.reason_code is ReasonCode.QUOTE_MISSING
    assert denied.detail == "no price of AAPL is known to hold the entry price 150 against"


async def test_only_who_approved_the_signal_is_its_trades_approver() -> None:
    async with open_floor() as floor:
        denied = await denial(floor, floor.engine(), by="paul")
        assert denied.reason_code is ReasonCode.APPROVER_MISMATCH
        assert denied.detail == "signal sg1 was approved by olivia, not by paul"
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
    assert isinstance(outcome, Executed)
    assert outcome.trade.approved_by == "olivia"


@pytest.mark.parametrize("at_once", [True, False])
async def test_open_orders_reserve_their_cost_so_that_cash_is_promised_once(at_once: bool) -> None:
    async with open_floor() as floor:
        await quote(floor.desk, "150.1")
        engine = floor.engine()
        for number in range(2, 10):
            await approved_signal(floor.desk, floor.artifact, signal_id=f"sg{number}")
        asks = [engine.execute(f"sg{number}", approved_by="olivia") for number in range(1, 10)]
        outcomes = await asyncio.gather(*asks) if at_once else [await ask for ask in asks]
        placed = [outcome for outcome in outcomes if isinstance(outcome, Executed)]
        assert [outcome.order.status for outcome in placed] == [OrderStatus.NEW] * len(placed)
        assert len(placed) == 6, "five of 19,950 and what is left of 100,000"
        assert sum(outcome.trade.position_value for outcome in placed) <= Decimal(100_000)
        denied = [outcome for outcome in outcomes if isinstance(outcome, Denied)]
        assert {outcome.reason_code for outcome in denied} == {ReasonCode.BUYING_POWER_TOO_SMALL}
        await quote(floor.desk, "149")
        await floor.reconciler().run_once()
        assert (await floor.desk.broker.account(ACCOUNT)).cash >= 0


async def test_an_order_like_the_last_one_waits_and_one_of_another_symbol_does_not() -> None:
    limits = replace(LIMITS, repeat_after_seconds=Decimal(10))
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, _RISK)
        assert isinstance(await floor.engine(limits=limits).execute("sg1", approved_by="olivia"), Executed)
        await approved_signal(desk, floor.artifact, signal_id="sg2")
        desk.clock.advance(timedelta(seconds=9))
        denied = await floor.engine(limits=limits).execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.numbers == {"seconds_since": Decimal(9), "repeat_after_seconds": Decimal(10)}
        await quote(desk, "150", symbol="MSFT")
        await approved_signal(desk, floor.artifact, signal_id="sg3", symbol="MSFT")
        assert isinstance(await floor.engine(limits=limits).execute("sg3", approved_by="olivia"), Executed)
        assert isinstance(await floor.engine(limits=limits).execute("sg2", approved_by="olivia"), Executed)


async def test_what_the_last_minute_has_ordered_leaves_less_to_its_cycle() -> None:
    limits = replace(LIMITS, max_cycle_notional_fraction=Decimal("0.2"))
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, _RISK)
        engine = floor.engine(limits=limits)
        assert isinstance(await engine.execute("sg1", approved_by="olivia"), Executed)
        await approved_signal(desk, floor.artifact, signal_id="sg2")
        denied = await engine.execute("sg2", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert denied.reason_code is ReasonCode.CYCLE_NOTIONAL_REACHED
        assert denied.numbers["cycle_notional"] == 133 * 150
        desk.clock.advance(timedelta(seconds=60))
        assert isinstance(await engine.execute("sg2", approved_by="olivia"), Executed)


async def test_orders_that_come_at_once_empty_the_bucket_until_time_refills_it() -> None:
    limits = replace(LIMITS, order_burst=2, max_orders_per_minute=30)
    async with open_desk() as desk:
        floor = await _floor_with_risk(desk, _RISK)
        engine = floor.engine(limits=limits)
        for name in ("sg2", "sg3", "sg4"):
            await approved_signal(desk, floor.artifact, signal_id=name)
        assert isinstance(await engine.execute("sg4", approved_by="olivia"), Executed)
        # What that one took is back long since.
        desk.clock.advance(timedelta(seconds=50))
        for name in ("sg1", "sg2"):
            assert isinstance(await engine.execute(name, approved_by="olivia"), Executed)
        denied = await engine.execute("sg3", approved_by="olivia")
        assert isinstance(denied, Denied)
        assert (denied.reason_code, denied.numbers["tokens"]) == (ReasonCode.ORDER_BURST_REACHED, Decimal(0))
        desk.clock.advance(timedelta(seconds=2))
        assert isinstance(await engine.execute("sg3", approved_by="olivia"), Executed)
