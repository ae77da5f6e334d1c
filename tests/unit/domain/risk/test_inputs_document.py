"""Inputs that were recorded are read back as they were, and decided again as they were."""

import hashlib
import json
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jax.domain.controls import AccountControls, Arming, ModeChange, SessionOpening, TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderLeg
from jax.domain.risk.decide import decide
from jax.domain.risk.decision_document import decision_differences, decision_document
from jax.domain.risk.inputs import ExitInputs, Market, RiskInputs
from jax.domain.risk.inputs_document import FORMAT, OlderFormat, inputs_from, inputs_text
from jax.domain.risk.open_orders import LeavingOrders
from jax.domain.side import Side
from tests.unit.domain.examples import HASH
from tests.unit.domain.risk.cases import (
    NOW,
    SAID,
    account,
    held,
    inputs,
    leaving,
    limits,
    pace,
    recent,
    route,
    way_out,
    working,
)
from tests.unit.domain.risk.random_inputs import risk_inputs
from tests.unit.domain.risk.told import Told

_QUANTITIES = st.decimals(0, 1000, places=8)
_CONTROLS = AccountControls(
    mode=ModeChange(TradingMode.REDUCE, SAID),
    strategy_modes={"ma_crossover_v1": ModeChange(TradingMode.OBSERVE, replace(SAID, reason='Ω "why"'))},
    kill=SAID,
    armings={HASH: Arming(HASH, NOW, SAID)},
    loss_latched_on=date(2024, 3, 1),
    opening=SessionOpening(date(2024, 3, 1), Decimal("1.50")),
)
_EVERYTHING = replace(
    inputs(
        account=account(
            holdings={"MSFT": held("-1.50"), "KO": held(0, None)},
            orders=(working(), working("KO", side=Side.SELL, leg=OrderLeg.STOP)),
            session_profits=(Decimal("1E+2"), Decimal("-0.00")),
        ),
        controls=_CONTROLS,
        limits=limits(restricted_symbols=frozenset({"IBM", "KO", "FB"}), repeat_after_seconds=None),
        route=route(kills=("the file", "the bridge"), dry_run=True),
        pace=pace(recent("0.000001", symbol="AAPL"), of_artifact=3, cycle_notional=Decimal("7.70")),
    )
).plain()


@settings(max_examples=200, deadline=None)
@given(wanted=risk_inputs())
def test_inputs_of_an_entry_come_back_and_are_decided_the_same(wanted: Told) -> None:
    plain = wanted.plain()
    found = inputs_from(inputs_text(plain))
    assert found == plain
    assert decision_differences(decision_document(decide(wanted)), decide(found)) == ()


@given(
    legs=st.dictionaries(st.sampled_from([OrderLeg.STOP, OrderLeg.TARGET, OrderLeg.CLOSE]), _QUANTITIES),
    others=_QUANTITIES,
    quantity=_QUANTITIES,
    controls=st.sampled_from([AccountControls(), _CONTROLS, replace(_CONTROLS, kill=None)]),
)
def test_inputs_of_an_exit_come_back_and_are_decided_the_same(
    legs: dict[OrderLeg, Decimal], others: Decimal, quantity: Decimal, controls: AccountControls
) -> None:
    wanted = replace(
        leaving(way_out(quantity=quantity), controls=controls), leaving=LeavingOrders(legs, others)
    )
    found = inputs_from(inputs_text(wanted))
    assert found == wanted
    assert isinstance(found, ExitInputs)
    assert decision_differences(decision_document(decide(wanted)), decide(found)) == ()


@pytest.mark.parametrize("changed", [{}, {"market": Market(None, None)}, {"controls": AccountControls()}])
def test_every_field_comes_back_to_its_last_digit(changed: dict[str, Any]) -> None:
    wanted = replace(_EVERYTHING, **changed)
    text = inputs_text(wanted)
    found = inputs_from(text)
    assert found == wanted
    assert inputs_text(found) == text
    assert isinstance(found, RiskInputs)
    assert str(found.account.session_profits) == "(Decimal('1E+2'), Decimal('0'))"
    assert text.isascii()


@pytest.mark.parametrize(
    ("kept", "spelled"),
    [
        ("1.50", "1.5"),
        ("100", "100"),
        ("0.00", "0"),
        ("-0", "0"),
        ("0E-8", "0"),
        ("-2.0", "-2"),
        ("1E+2", "1E+2"),
    ],
)
def test_a_value_has_one_spelling_wherever_it_was_kept(kept: str, spelled: str) -> None:
    wanted = replace(_EVERYTHING, account=replace(_EVERYTHING.account, realized_today=Decimal(kept)))
    found = inputs_from(inputs_text(wanted))
    assert isinstance(found, RiskInputs)
    assert str(found.account.realized_today) == spelled


def test_a_number_that_is_none_comes_back_as_that() -> None:
    """It was denied for it, and is to be denied again."""
    wanted = replace(_EVERYTHING, account=replace(_EVERYTHING.account, realized_today=Decimal("NaN")))
    found = inputs_from(inputs_text(wanted))
    assert isinstance(found, RiskInputs)
    assert str(found.account.realized_today) == "NaN"


@pytest.mark.parametrize("spelled", [FORMAT - 1, FORMAT + 1, None, "1"])
def test_another_format_is_said_to_be_one(spelled: object) -> None:
    text = json.dumps([spelled, *json.loads(inputs_text(_EVERYTHING))[1:]])
    with pytest.raises(OlderFormat, match=f"recorded in format {spelled}, and this is format {FORMAT}"):
        inputs_from(text)


_DAMAGED = ["", "{}", "[]", "7", "null", "[1]", '[1,"entry"]', '[1,"way",[]]', '[1,"exit",[]]', "[" * 10_000]


@pytest.mark.parametrize("text", _DAMAGED, ids=lambda text: text[:20])
def test_what_spells_no_inputs_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="inputs: are not those of a decision"):
        inputs_from(text)


def _damaged(document: Any) -> Iterator[Any]:
    """The document with one of its values taken away, or of a kind that stands nowhere."""
    if not isinstance(document, list):
        return
    for place, item in enumerate(document):
        yield document[:place] + document[place + 1 :]
        yield [*document[:place], 1.5, *document[place + 1 :]]
        for part in _damaged(item):
            yield [*document[:place], part, *document[place + 1 :]]


# One item less of a list of any length is another value, and may be read: a profit, a venue, a symbol.
@pytest.mark.parametrize(("wanted", "items"), [(_EVERYTHING, 11), (leaving(), 0)], ids=["entry", "exit"])
def test_inputs_with_a_field_less_or_of_another_kind_are_refused(
    wanted: RiskInputs | ExitInputs, items: int
) -> None:
    head, name, document = json.loads(inputs_text(wanted))
    read = 0
    for damaged in _damaged(document):
        try:
            inputs_from(json.dumps([head, name, damaged]))
        except InvalidValue:
            continue
        read += 1
    assert read == items


def _layout(kind: Any) -> Iterator[str]:
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for field in fields(kind):
            yield f"{kind.__name__}.{field.name}: {hints[field.name]}"
            yield from _layout(hints[field.name])
    for argument in typing.get_args(kind):
        yield from _layout(argument)


# What stood for what in each format. Another layout is another format: raise FORMAT, and add a line.
_LAYOUTS = {1: "551a46d2d62e5947"}


def test_another_layout_of_the_inputs_is_another_format() -> None:
    layout = "\n".join((*_layout(RiskInputs), *_layout(ExitInputs)))
    assert hashlib.sha256(layout.encode()).hexdigest()[:16] == _LAYOUTS[FORMAT]


def test_the_inputs_of_one_decision_do_not_grow_with_the_orders() -> None:
    few, many = (
        inputs(
            account=account(orders=tuple(working(signal_id=f"sg{n}") for n in range(count))),
            pace=pace(*(recent(f"{n / 100}") for n in range(count))),
        ).plain()
        for count in (10, 1000)
    )
    assert len(inputs_text(many)) <= len(inputs_text(few)) + 10
