"""A value and its document say the same, in one spelling."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.advice import Memory, Plan, bounded
from jax.domain.advice_request import AdviceRequest
from jax.domain.canonical_json import NotCanonical
from jax.domain.errors import InvalidValue
from jax.domain.value_document import document_of, text_of, value_from, value_of
from tests.advice import facts, plan, question, request

_TEXTS = st.text(max_size=60).map(bounded)


@pytest.mark.parametrize("value", [request(), question(), request(facts(take_profit=None))])
def test_a_value_comes_back_as_it_was(value: AdviceRequest) -> None:
    assert value_from(AdviceRequest, text_of(value)) == value


@given(texts=st.lists(_TEXTS, max_size=8), confidence=st.decimals("0", "1", places=4))
def test_any_plan_comes_back(texts: list[str], confidence: Decimal) -> None:
    value = plan(*texts, confidence=confidence)
    assert value_from(Plan, text_of(value)) == value
    assert value_from(tuple[Plan, ...], text_of((value, value))) == (value, value)


def test_times_and_nothing_come_back() -> None:
    memory = Memory("m1", "it rose", "AAPL", datetime(2026, 1, 15, 21, 0, 0, 123456, tzinfo=UTC))
    assert value_from(Memory, text_of(memory)) == memory
    assert value_of(type(None), document_of(None)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        "x",
        {"memory_id": "m1", "text": "it rose", "symbol": None, "at": "yesterday"},
        {"memory_id": "m1", "text": "it rose", "symbol": None},
        {"memory_id": "m1", "text": "it rose", "symbol": None, "at": None, "more": "1"},
        {"memory_id": "m1", "text": 5, "symbol": None, "at": None},
        {"memory_id": "", "text": "it rose", "symbol": None, "at": None},
        {"memory_id": "m1", "text": "it rose", "symbol": "a b", "at": None},
    ],
)
def test_what_cannot_be_the_value_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidValue):
        value_of(Memory, wrong)


@pytest.mark.parametrize("confidence", ["1.0001", "-0.1", "NaN", "Infinity", "much"])
def test_a_confidence_that_is_none_is_refused(confidence: str) -> None:
    document = document_of(plan())
    assert isinstance(document, dict)
    with pytest.raises(InvalidValue, match="confidence"):
        value_of(Plan, {**document, "confidence": confidence})


@pytest.mark.parametrize("value", [1, 1.5, object(), [1]])
def test_what_has_no_spelling_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no spelling"):
        document_of(value)


def test_another_spelling_is_refused() -> None:
    with pytest.raises(NotCanonical):
        value_from(Memory, text_of(Memory("m1", "x")).replace(":", ": "))
