"""What was approved with the artifact tightens the trader's limits, and open orders reserve their cost."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.order import OrderType
from jax.domain.order_status import OrderStatus
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.risk_profile import RiskProfile
from jax.modules.execution.execute_signal import Executed
from tests.desk import ACCOUNT, Desk, active_artifact, approved_signal, open_desk, quote, submission
from tests.floor import Floor, denial, open_floor


async def _floor_with_risk(desk: Desk, risk: RiskProfile) -> Floor:
    artifact = await active_artifact(desk, replace(submission(), risk=risk))
    await approved_signal(desk, artifact)
    await quote(desk, "150")
    async with desk.unit_of_work.begin() as transaction:
        return Floor(desk, artifact, await transaction.orders.raise_epoch(ACCOUNT))


async def test_an_order_type_that_was_not_approved_is_denied() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(
            desk,
            RiskProfile(
                Decimal("0.2"), Decimal(1000), ("LIMIT",), Decimal(1_000_000), 60, Decimal("0.5"), ("paper",)
            ),
        )
        denied = await denial(floor, floor.engine(order_type=OrderType.MARKET))
        assert denied.reason_code is ReasonCode.ORDER_TYPE_NOT_ALLOWED
        assert isinstance(await floor.engine().execute("sg1", approved_by="olivia"), Executed)


async def test_the_approved_position_limit_holds_below_the_traders() -> None:
    async with open_desk() as desk:
        floor = await _floor_with_risk(
            desk,
            RiskProfile(
                Decimal("0.1"), Decimal(1000), ("LIMIT",), Decimal(1_000_000), 60, Decimal("0.5"), ("paper",)
            ),
        )
        outcome = await floor.engine().execute("sg1", approved_by="olivia")
    assert isinstance(outcome, Executed)
    assert outcome.trade.quantity == Decimal(66)


@pytest.mark.parametrize("at_once", [True, False])
async def test_open_orders_reserve_their_cost_so_that_cash_is_promised_once(at_once: bool) -> None:
    async with open_floor() as floor:
        await quote(floor.desk, "151")
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
