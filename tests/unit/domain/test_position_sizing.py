"""The size of a position: the rule as specified, its caps, and everything that it refuses."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from jax.domain.checks import LARGEST
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits, SizingRequest, size_position
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Approved, Denied
from jax.domain.side import Side
from tests.unit.domain.examples import a_request, an_instrument, some_limits
from tests.unit.domain.sizing_restated import restated_size

_NO_CAP = Decimal(0)


_prices = st.one_of(
    st.decimals(min_value="0.01", max_value=2000, places=2),
    st.decimals(min_value="0.00000001", max_value=100_000, places=8),
)
_money = st.one_of(
    st.decimals(min_value=10_000, max_value=10_000_000, places=2),
    st.decimals(min_value=0, max_value=10_000, places=2),
)
_fractions = st.decimals(min_value="0.001", max_value=1, places=3)


@st.composite
def _requests(draw: st.DrawFn) -> SizingRequest:
    entry, stop = draw(_prices), draw(_prices)
    assume(entry != stop)
    side = Side.BUY if stop < entry else Side.SELL
    money = {"net_liquidation": draw(_money), "buying_power": draw(_money)}
    market = draw(st.none() | _prices)
    return a_request(side=side, entry_price=entry, stop_loss=stop, market_price=market, **money)


def _limits(
    minima: st.SearchStrategy[Decimal], rooms: st.SearchStrategy[Decimal]
) -> st.SearchStrategy[SizingLimits]:
    """Limits with a minimum, and a maximum that leaves some room above it or is no cap at all."""
    return st.builds(
        lambda minimum, room, risk, value, notional: SizingLimits(
            risk, minimum, _NO_CAP if room is None else minimum + room, value, notional
        ),
        minima,
        st.none() | rooms,
        _fractions,
        _fractions,
        st.none() | st.decimals(min_value="0.01", max_value=10**6, places=2),
    )


_whole_limits = _limits(
    st.integers(min_value=1, max_value=20).map(Decimal), st.integers(min_value=0, max_value=500).map(Decimal)
)
_any_limits = _limits(
    st.decimals(min_value="0.001", max_value=5, places=3), st.decimals(min_value=0, max_value=500, places=3)
)
_lots = st.sampled_from(
    [Decimal(lot) for lot in ("1", "10", "100", "0.1", "0.001", "0.00000001", "0.7", "3")]
)
_instruments = st.builds(
    an_instrument, lot_size=_lots, multiplier=st.sampled_from([Decimal(1), Decimal(50), Decimal("0.1")])
)


def _fits_an_order(quantity: Fraction, request: SizingRequest, instrument: Instrument) -> bool:
    stop_distance = abs(Fraction(request.entry_price) - Fraction(request.stop_loss))
    risk = quantity * stop_distance * Fraction(instrument.multiplier)
    return max(quantity, risk, risk / Fraction(request.net_liquidation)) < LARGEST


def _assert_same(request: SizingRequest, limits: SizingLimits, instrument: Instrument) -> None:
    decision = size_position(request, limits, instrument)
    expected = restated_size(request, limits, instrument)
    if isinstance(expected, ReasonCode):
        assert isinstance(decision, Denied)
        assert decision.reason_code is expected
    elif isinstance(decision, Denied):
        assert decision.reason_code is ReasonCode.PRICE_INVALID
        assert not _fits_an_order(expected, request, instrument)
    else:
        assert Fraction(decision.quantity) == expected
        assert _fits_an_order(expected, request, instrument)


@given(request=_requests(), limits=_whole_limits)
def test_follows_the_rule_to_the_share(request: SizingRequest, limits: SizingLimits) -> None:
    _assert_same(request, limits, an_instrument())


@given(request=_requests(), limits=_any_limits, instrument=_instruments)
@example(
    a_request(entry_price=Decimal("2E-8"), stop_loss=Decimal("1E-8")),
    some_limits(max_position_size=_NO_CAP),
    an_instrument(),
)
def test_follows_the_rule_in_lots_of_any_size(
    request: SizingRequest, limits: SizingLimits, instrument: Instrument
) -> None:
    _assert_same(request, limits, instrument)


def test_the_worked_example() -> None:
    decision = size_position(a_request(), some_limits(), an_instrument())
    assert decision == Approved(Decimal(133), Decimal("665.00"), Decimal("0.00665"), Decimal(19_950))


def test_the_numbers_are_shown_without_padding() -> None:
    decision = size_position(a_request(), some_limits(), an_instrument())
    assert isinstance(decision, Approved)
    shown = (decision.quantity, decision.risk_amount, decision.risk_fraction, decision.position_value)
    assert [str(number) for number in shown] == ["133", "665", "0.00665", "19950"]


def test_a_short_entry_is_sized_alike() -> None:
    decision = size_position(
        a_request(side=Side.SELL, stop_loss=Decimal(155)), some_limits(), an_instrument()
    )
    assert decision == Approved(Decimal(133), Decimal("665.00"), Decimal("0.00665"), Decimal(19_950))


@pytest.mark.parametrize(
    ("request_changes", "limit_changes", "quantity"),
    [
        ({}, {}, 133),  # value: floor(20,000 / 150)
        ({"stop_loss": Decimal(140)}, {}, 100),  # risk: floor(1,000 / 10)
        ({"stop_loss": Decimal("142.8")}, {"max_position_value_fraction": Decimal(1)}, 138),
        ({"stop_loss": Decimal(50)}, {"min_position_size": Decimal(25)}, 25),  # risk says 10: raised
        ({}, {"max_position_size": Decimal(90)}, 90),
        ({}, {"max_position_size": Decimal(133)}, 133),
        (
            {"entry_price": Decimal(10), "stop_loss": Decimal("9.9")},
            {"max_position_value_fraction": Decimal(1)},
            1000,
        ),
        (
            {"entry_price": Decimal(10), "stop_loss": Decimal("9.9")},
            {"max_position_value_fraction": Decimal(1), "max_position_size": _NO_CAP},
            10_000,
        ),
        ({}, {"max_order_notional": Decimal("14999.99")}, 99),
        ({}, {"max_order_notional": Decimal(15_000)}, 100),
        ({"market_price": Decimal(149)}, {"max_order_notional": Decimal(15_000)}, 100),
        ({"market_price": Decimal(151)}, {"max_order_notional": Decimal(15_000)}, 99),
        ({"entry_price": Decimal("149.995")}, {"max_order_notional": Decimal("14999.99")}, 99),
        ({"buying_power": Decimal("14999.99")}, {}, 99),
        ({"buying_power": Decimal(15_000)}, {}, 100),
    ],
)
def test_each_step_of_the_rule_decides_when_it_is_the_tightest(
    request_changes: dict[str, Any], limit_changes: dict[str, Any], quantity: int
) -> None:
    decision = size_position(a_request(**request_changes), some_limits(**limit_changes), an_instrument())
    assert isinstance(decision, Approved)
    assert decision.quantity == quantity


@given(request=_requests(), limits=_any_limits, instrument=_instruments)
def test_an_approved_quantity_is_whole_lots_within_every_cap(
    request: SizingRequest, limits: SizingLimits, instrument: Instrument
) -> None:
    decision = size_position(request, limits, instrument)
    if isinstance(decision, Denied):
        return
    quantity = Fraction(decision.quantity)
    value = quantity * Fraction(request.entry_price) * Fraction(instrument.multiplier)
    assert (quantity / Fraction(instrument.lot_size)).denominator == 1
    assert quantity >= limits.min_position_size > 0
    assert limits.max_position_size == 0 or quantity <= limits.max_position_size
    assert value <= Fraction(request.net_liquidation) * Fraction(limits.max_position_value_fraction)
    assert value <= request.buying_power
    if limits.max_order_notional is not None:
        price = max(request.entry_price, instrument.round_price(request.entry_price))
        notional = quantity * Fraction(max(price, request.market_price or price))
        assert notional * Fraction(instrument.multiplier) <= limits.max_order_notional
        assert decision.position_value <= limits.max_order_notional


@given(request=_requests(), limits=_any_limits, instrument=_instruments)
def test_the_numbers_of_an_approval_are_those_of_its_quantity_never_too_low(
    request: SizingRequest, limits: SizingLimits, instrument: Instrument
) -> None:
    decision = size_position(request, limits, instrument)
    if isinstance(decision, Denied):
        return
    unit = Fraction(decision.quantity) * Fraction(instrument.multiplier)
    risk = unit * abs(Fraction(request.entry_price) - Fraction(request.stop_loss))
    exact = {
        "risk_amount": risk,
        "risk_fraction": risk / Fraction(request.net_liquidation),
        "position_value": unit * Fraction(request.entry_price),
    }
    for field, value in exact.items():
        shown = Fraction(getattr(decision, field))
        assert 0 <= shown - value < Fraction(1, 10**8), field
        assert (shown * 10**8).denominator == 1, field


@given(request=_requests(), limits=_any_limits, instrument=_instruments)
def test_the_risk_stays_within_its_fraction_unless_the_minimum_raised_it(
    request: SizingRequest, limits: SizingLimits, instrument: Instrument
) -> None:
    decision = size_position(request, limits, instrument)
    if isinstance(decision, Approved) and decision.quantity > limits.min_position_size:
        assert decision.risk_fraction <= limits.max_risk_per_trade_fraction


@given(request=_requests(), more=_money, limits=_any_limits, instrument=_instruments)
def test_more_money_never_gives_a_smaller_position(
    request: SizingRequest, more: Decimal, limits: SizingLimits, instrument: Instrument
) -> None:
    def quantity(net_liquidation: Decimal, buying_power: Decimal) -> Decimal:
        richer = replace(request, net_liquidation=net_liquidation, buying_power=buying_power)
        decision = size_position(richer, limits, instrument)
        return decision.quantity if isinstance(decision, Approved) else Decimal(0)

    before = quantity(request.net_liquidation, request.buying_power)
    assume(before < 10**6)  # far from what no order can hold
    assert quantity(request.net_liquidation + more, request.buying_power) >= before
    assert quantity(request.net_liquidation, request.buying_power + more) >= before


def test_the_answer_does_not_depend_on_the_precision_of_the_caller() -> None:
    with localcontext() as context:
        context.prec = 3
        assert size_position(a_request(), some_limits(), an_instrument()) == Approved(
            Decimal(133), Decimal(665), Decimal("0.00665"), Decimal(19_950)
        )


def test_a_quotient_just_below_a_lot_is_not_rounded_up_to_it() -> None:
    # One part in 10**30 below 3: the 28 digits of the default context show 3.
    short = Decimal("2.999999999999999999999999999999")
    sell = {"side": Side.SELL, "entry_price": Decimal(1), "stop_loss": Decimal(2)}
    limits = some_limits(max_risk_per_trade_fraction=Decimal(1), max_position_value_fraction=Decimal(1))
    decision = size_position(a_request(**sell, net_liquidation=short), limits, an_instrument())
    assert isinstance(decision, Approved)
    assert decision.quantity == 2
