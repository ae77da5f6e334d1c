"""The rule scores a signal from its own statistics, and shows how."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.advice import AdvisedAction
from jax.domain.side import Side
from jax.modules.orchestration.rule_plan import rule_plan
from tests.advice import facts, question, request

_SELL = {"side": Side.SELL, "stop_loss": Decimal(105), "take_profit": Decimal(90)}


@pytest.mark.parametrize(
    ("changed", "action", "expectancy"),
    [
        # 0.8 x 2 - 0.2
        ({}, AdvisedAction.BUY, "1.4000"),
        (_SELL, AdvisedAction.SELL, "1.4000"),
        # 0.5 x 2 - 0.5
        ({"confidence": Decimal("0.5")}, AdvisedAction.BUY, "0.5000"),
        # 0.4999 x 2 - 0.5001
        ({"confidence": Decimal("0.4999")}, AdvisedAction.WATCH, "0.4997"),
        # without a target 0.75 x 1 - 0.25
        ({"confidence": Decimal("0.75"), "take_profit": None}, AdvisedAction.BUY, "0.5000"),
        ({"confidence": Decimal("0.6"), "take_profit": None}, AdvisedAction.WATCH, "0.2000"),
        ({"confidence": Decimal("0.5"), "take_profit": None}, AdvisedAction.HOLD, "0.0000"),
        ({"confidence": Decimal("0.2")}, AdvisedAction.HOLD, "-0.4000"),
    ],
)
def test_the_action_follows_from_the_expectancy(
    changed: dict[str, Any], action: AdvisedAction, expectancy: str
) -> None:
    plan = rule_plan(request(facts(**changed)))
    assert plan.action is action
    assert f"expectancy {expectancy} R" in plan.summary
    assert plan.confidence == changed.get("confidence", Decimal("0.8"))
    assert plan.steps == ()


def test_a_question_without_a_signal_gets_no_opinion() -> None:
    plan = rule_plan(question())
    assert (plan.action, plan.confidence) == (AdvisedAction.HOLD, Decimal(0))


_PRICES = st.decimals("0.00000001", "999999999999", places=8, allow_nan=False, allow_infinity=False)


@given(prices=st.tuples(_PRICES, _PRICES, _PRICES), confidence=st.decimals("0.0001", "1", places=4))
def test_any_signal_can_be_scored(prices: tuple[Decimal, ...], confidence: Decimal) -> None:
    stop, entry, target = sorted(prices)
    if not (stop < entry < target):
        return
    plan = rule_plan(
        request(facts(entry_price=entry, stop_loss=stop, take_profit=target, confidence=confidence))
    )
    chance_of_even = (entry - stop) / (target - stop)
    assert (plan.action is AdvisedAction.HOLD) == (confidence <= chance_of_even) or abs(
        confidence - chance_of_even
    ) < Decimal("0.0001")
