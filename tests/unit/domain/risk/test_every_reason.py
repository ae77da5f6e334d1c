"""Every reason has an example just past its limit, a layer and a sentence."""

from decimal import Decimal

import pytest

from jax.domain.reason_code import DecisionLayer, ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk_decision import Approved, Denied
from tests.unit.domain.risk import refused
from tests.unit.domain.risk.cases import approved, denied, inputs


def test_within_every_limit_the_order_is_sized() -> None:
    assert approved(inputs()) == Approved(Decimal(133), Decimal(665), Decimal("0.00665"), Decimal(19_950))


@pytest.mark.parametrize("code", refused.EVERY, ids=str)
def test_just_past_its_limit_the_order_is_denied_for_it(code: ReasonCode) -> None:
    denied(refused.EVERY[code], code)


def test_no_reason_is_without_an_example() -> None:
    assert set(refused.EVERY) | refused.ELSEWHERE == set(ReasonCode)
    assert not set(refused.EVERY) & refused.ELSEWHERE


@pytest.mark.parametrize("code", ReasonCode, ids=str)
def test_a_reason_says_who_decides_and_why_in_one_sentence(code: ReasonCode) -> None:
    assert isinstance(code.decision_layer, DecisionLayer)
    assert code.sentence.endswith(".")
    assert ". " not in code.sentence
    assert (str(code), ReasonCode[code.value]) == (code.name, code)
    assert Denied(code, "why").decision_layer is code.decision_layer


def test_each_layer_decides_something() -> None:
    assert {code.decision_layer for code in ReasonCode} == set(DecisionLayer)
    assert len({code.sentence for code in ReasonCode}) == len(ReasonCode)


@pytest.mark.parametrize("code", refused.EVERY, ids=str)
def test_the_same_inputs_give_the_same_decision(code: ReasonCode) -> None:
    assert decide(refused.EVERY[code]) == decide(refused.EVERY[code])
