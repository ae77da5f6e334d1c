"""What others say is cut to size and shown as what it is."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.advice import (
    LONGEST_LINE,
    LONGEST_TEXT,
    MOST_LINES,
    Conclusion,
    Finding,
    Memory,
    bounded,
    confidence_of,
)
from jax.domain.advice_request import HAND_OVER_CONFIDENCE, SignalFacts, handed_over, run_id_of_signal
from jax.domain.errors import InvalidValue
from tests.advice import NOW, facts, plan, request
from tests.unit.domain.examples import a_signal


@given(text=st.text(max_size=300), longest=st.integers(20, 100))
def test_bounded_text_is_short_prints_and_stays_as_it_is(text: str, longest: int) -> None:
    shown = bounded(text, longest=longest)
    assert len(shown) <= longest
    assert all(line.isprintable() for line in shown.split("\n"))
    assert shown == shown.strip() == bounded(shown, longest=longest)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" it rose \n", "it rose"),
        ("one\ntwo", "one\ntwo"),
        ("a\x00b\x1b[2J", "a<U+0000>b<U+001B>[2J"),
        ("buy\u202eyub", "buy<U+202E>yub"),
        ("\ud800", "<U+D800>"),
        ("x" * 4001, "x" * 3994 + " [...]"),
        ("x" * 4000, "x" * 4000),
    ],
)
def test_what_does_not_print_is_written_out(text: str, shown: str) -> None:
    assert bounded(text) == shown


@pytest.mark.parametrize("number", ["NaN", "-0.0001", "1.0001", "Infinity"])
def test_a_confidence_lies_from_0_to_1(number: str) -> None:
    with pytest.raises((InvalidValue, ArithmeticError)):
        confidence_of(Decimal(number))


@pytest.mark.parametrize(
    ("number", "rounded"), [("0", "0"), ("1", "1"), ("0.123449", "0.1234"), ("1e-999999", "0")]
)
def test_a_confidence_has_four_places(number: str, rounded: str) -> None:
    assert confidence_of(Decimal(number)) == Decimal(rounded)


@pytest.mark.parametrize(
    "make",
    [
        lambda text: Memory("m1", text),
        Finding,
        lambda text: Finding("x", (text,)),
        plan,
        lambda text: plan(summary=text),
        lambda text: plan(reasoning=text),
        Conclusion,
        lambda text: Conclusion("x", (text,)),
        lambda text: request(context=text),
    ],
)
@pytest.mark.parametrize("text", ["a\x00b", " padded", "x" * (LONGEST_TEXT + 1), "a\u202eb"])
def test_no_value_holds_text_that_is_not_bounded(make: Any, text: str) -> None:
    with pytest.raises(InvalidValue):
        make(text)


def test_no_value_holds_more_lines_than_fit() -> None:
    with pytest.raises(InvalidValue, match="at most 12"):
        Finding("x", ("y",) * (MOST_LINES + 1))
    with pytest.raises(InvalidValue):
        Finding("x", ("y" * (LONGEST_LINE + 1),))


@pytest.mark.parametrize(
    ("confidence", "asked"), [("0.75", True), ("1", True), ("0.7499", False), ("0.0001", False)]
)
def test_a_signal_is_handed_over_from_a_confidence_of_three_quarters_on(confidence: str, asked: bool) -> None:
    signal = a_signal(confidence=Decimal(confidence))
    found = handed_over(signal, at=NOW)
    assert (found is not None) == asked == (signal.confidence >= HAND_OVER_CONFIDENCE)
    if found is not None:
        assert found.signal == SignalFacts.of(signal)
        assert found.run_id == run_id_of_signal(signal.signal_id)


def test_a_request_is_about_the_symbol_of_its_signal() -> None:
    with pytest.raises(InvalidValue, match="the signal is about AAPL"):
        request(facts(), symbol="MSFT")
