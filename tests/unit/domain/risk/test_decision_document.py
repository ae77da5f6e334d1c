"""A decision is recorded with what it was, and another one is told from it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk.decision_document import DecisionDifference, decision_differences, decision_document
from jax.domain.risk_decision import Approved, Denied, RiskDecision
from tests.unit.domain.risk.random_inputs import risk_inputs
from tests.unit.domain.risk.told import Told

_APPROVED = Approved(Decimal(133), Decimal("665.00"), Decimal("0.00665"), Decimal(19_950))
_NUMBERS = {"quote_age_seconds": Decimal("61.5"), "max_quote_age_seconds": Decimal(60)}
_DENIED = Denied(ReasonCode.QUOTE_STALE, "the quote is old", _NUMBERS)


@given(wanted=risk_inputs())
def test_a_decision_does_not_differ_from_its_own_record(wanted: Told) -> None:
    decision = decide(wanted)
    assert decision_differences(decision_document(decision), decision) == ()


@pytest.mark.parametrize(
    ("recorded", "decided", "differences"),
    [
        (_APPROVED, replace(_APPROVED, quantity=Decimal(132)), [("quantity", "133", "132")]),
        (_APPROVED, replace(_APPROVED, risk_amount=Decimal(665)), []),
        (
            _APPROVED,
            replace(_APPROVED, risk_amount=Decimal(1), position_value=Decimal("NaN")),
            [("risk_amount", "665.00", "1"), ("position_value", "19950", "NaN")],
        ),
        (_DENIED, replace(_DENIED, detail="said in other words"), []),
        (
            _DENIED,
            replace(_DENIED, numbers=_NUMBERS | {"quote_age_seconds": Decimal("61.6")}),
            [("quote_age_seconds", "61.5", "61.6")],
        ),
        (
            _DENIED,
            replace(_DENIED, numbers={"quote_age_seconds": Decimal("61.50")}),
            [("max_quote_age_seconds", "60", None)],
        ),
        (
            _DENIED,
            Denied(ReasonCode.PRICE_COLLAR, ""),
            [
                ("reason_code", "QUOTE_STALE", "PRICE_COLLAR"),
                ("quote_age_seconds", "61.5", None),
                ("max_quote_age_seconds", "60", None),
            ],
        ),
    ],
)
def test_what_differs_is_named_with_what_was_and_what_is(
    recorded: RiskDecision, decided: RiskDecision, differences: list[tuple[str, str | None, str | None]]
) -> None:
    found = decision_differences(decision_document(recorded), decided)
    assert list(found) == [DecisionDifference(*one) for one in differences]


def test_an_approval_that_is_a_denial_now_differs_first_in_that() -> None:
    first, *rest = decision_differences(decision_document(_APPROVED), _DENIED)
    assert first == DecisionDifference("decision", "approved", "denied")
    assert DecisionDifference("reason_code", None, "QUOTE_STALE") in rest
    assert DecisionDifference("quantity", "133", None) in rest


def test_what_else_an_entry_says_does_not_count_and_what_it_lacks_does() -> None:
    recorded = {**decision_document(_APPROVED), "venue": "paper", "net_liquidation": "1"}
    assert decision_differences(recorded, _APPROVED) == ()
    del recorded["quantity"]
    assert decision_differences(recorded, _APPROVED) == (DecisionDifference("quantity", None, "133"),)


def test_numbers_that_are_none_are_compared_by_their_names() -> None:
    denied = Denied(ReasonCode.ACCOUNT_NUMBER_INVALID, "", {"reserved": Decimal("sNaN")})
    assert decision_differences(decision_document(denied), denied) == ()
    other = replace(denied, numbers={"reserved": Decimal("NaN")})
    assert len(decision_differences(decision_document(denied), other)) == 1
