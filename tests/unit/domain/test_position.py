"""A position is its fills: nothing is gained or lost on the way."""

from collections import deque
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.fill import Fill
from jax.domain.position import GrowingPosition, Lot, Position, positions_of
from jax.domain.side import Side
from tests.unit.domain.examples import a_fill
from tests.unit.domain.numbers import prices
from tests.unit.domain.refusals import refusal_of

_UNIT = Decimal("0.1")
_small = st.integers(min_value=1, max_value=6).map(lambda units: units * _UNIT)
_commissions = st.decimals(min_value=0, max_value=5, places=2)


def _fills(
    symbols: str = "AAPL", quantities: st.SearchStrategy[Decimal] = _small
) -> st.SearchStrategy[list[Fill]]:
    one = st.builds(
        a_fill,
        symbol=st.sampled_from(symbols.split()),
        side=st.sampled_from(Side),
        quantity=quantities,
        price=prices,
        commission=_commissions,
    )
    return st.lists(one, max_size=12)


def _position(fills: list[Fill]) -> Position:
    position = Position("AAPL")
    for fill in fills:
        position = position.with_fill(fill)
    return position


def _unit_by_unit(fills: list[Fill]) -> tuple[int, deque[Decimal], Decimal]:
    """Sign, prices of the open units oldest first, and profit before commission: each unit on its own."""
    sign, units, profit = 0, deque[Decimal](), Decimal(0)
    for fill in fills:
        for _ in range(int(fill.quantity / _UNIT)):
            if units and sign != fill.side.sign:
                profit += (fill.price - units.popleft()) * sign * _UNIT
            else:
                sign = fill.side.sign
                units.append(fill.price)
    return sign, units, profit


@given(_fills())
def test_closes_the_oldest_units_first(fills: list[Fill]) -> None:
    position = _position(fills)
    sign, units, profit = _unit_by_unit(fills)
    held = [lot.price for lot in position.lots for _ in range(int(abs(lot.signed_quantity) / _UNIT))]
    assert held == list(units)
    assert position.signed_quantity == sign * len(units) * _UNIT
    assert position.realized_pnl == profit - sum((fill.commission for fill in fills), Decimal(0))


@given(_fills(quantities=st.decimals(min_value="0.0001", max_value=100, places=4)))
def test_holds_the_sum_of_its_signed_fills(fills: list[Fill]) -> None:
    position = _position(fills)
    assert position.signed_quantity == sum((fill.quantity * fill.side.sign for fill in fills), Decimal(0))


@given(fills=_fills(quantities=st.decimals(min_value="0.0001", max_value=100, places=4)), price=prices)
def test_profit_made_and_profit_open_are_the_cash_that_went_in_and_out(
    fills: list[Fill], price: Decimal
) -> None:
    position = _position(fills)
    cash = sum((-fill.side.sign * fill.quantity * fill.price - fill.commission for fill in fills), Decimal(0))
    worth = cash + position.signed_quantity * price
    assert position.realized_pnl + position.unrealized_pnl(price) == worth


@given(_fills())
def test_is_never_long_and_short_at_once(fills: list[Fill]) -> None:
    signs = {lot.signed_quantity > 0 for lot in _position(fills).lots}
    assert len(signs) <= 1


@given(_fills())
def test_a_flat_position_has_no_lots_and_no_average_price(fills: list[Fill]) -> None:
    position = _position(fills)
    assert (position.signed_quantity == 0) == (position.lots == ()) == (position.average_price is None)


@given(_fills())
def test_the_average_price_is_that_of_the_open_units(fills: list[Fill]) -> None:
    average = _position(fills).average_price
    _, units, _ = _unit_by_unit(fills)
    if average is not None:
        exact = sum((Fraction(price) for price in units), Fraction(0)) / len(units)
        assert abs(Fraction(average) - exact) < Fraction(1, 10**20)


@given(fills=_fills(), cut=st.integers(min_value=0, max_value=12))
def test_can_be_taken_up_again_after_any_fill(fills: list[Fill], cut: int) -> None:
    before = _position(fills[:cut])
    resumed = Position(before.symbol, before.lots, before.realized_pnl)
    for fill in fills[cut:]:
        resumed = resumed.with_fill(fill)
    assert resumed == _position(fills)


def test_a_fill_across_zero_closes_everything_and_opens_the_rest() -> None:
    long = _position([a_fill(quantity=Decimal(10), price=Decimal(100), commission=Decimal(1))])
    sold = a_fill(side=Side.SELL, quantity=Decimal(15), price=Decimal(110), commission=Decimal(2))
    short = long.with_fill(sold)
    assert short.lots == (Lot(Decimal(-5), Decimal(110)),)
    assert short.realized_pnl == 10 * 10 - 1 - 2
    assert short.unrealized_pnl(Decimal(100)) == 50


def test_a_short_position_gains_when_the_price_falls() -> None:
    short = _position(
        [a_fill(side=Side.SELL, quantity=Decimal(10), price=Decimal(100), commission=Decimal(0))]
    )
    assert short.unrealized_pnl(Decimal(90)) == 100
    covered = short.with_fill(a_fill(quantity=Decimal(4), price=Decimal(95), commission=Decimal(0)))
    assert covered.realized_pnl == 20
    assert covered.lots == (Lot(Decimal(-6), Decimal(100)),)


@given(_fills("AAPL MSFT"))
def test_positions_are_kept_apart_by_symbol(fills: list[Fill]) -> None:
    positions = positions_of(fills)
    assert set(positions) == {fill.symbol for fill in fills}
    for symbol, position in positions.items():
        alone = Position(symbol)
        for fill in fills:
            alone = alone.with_fill(fill) if fill.symbol == symbol else alone
        assert position == alone


def test_refuses_a_fill_of_another_symbol() -> None:
    with pytest.raises(InvalidValue, match="fill: e1 is of MSFT, the position of AAPL"):
        Position("AAPL").with_fill(a_fill(symbol="MSFT"))


def test_refuses_lots_that_contradict_one_another() -> None:
    long, short = Lot(Decimal(1), Decimal(100)), Lot(Decimal(-1), Decimal(100))
    refusal = refusal_of(lambda: Position("AAPL", (long, short)))
    assert refusal is not None
    assert (refusal.field, refusal.problem) == ("lots", "of AAPL are both long and short")
    assert Position("AAPL", (long, long)).signed_quantity == 2
    assert Position("AAPL", (short, short)).signed_quantity == -2


def test_refuses_a_lot_of_nothing() -> None:
    refusal = refusal_of(lambda: Lot(Decimal(0), Decimal(100)))
    assert refusal is not None
    assert refusal.field == "signed_quantity"


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_refuses_a_profit_that_is_no_number(number: str) -> None:
    refusal = refusal_of(lambda: Position("AAPL", (), Decimal(number)))
    assert refusal is not None
    assert (refusal.field, refusal.problem) == ("realized_pnl", f"of AAPL must be finite, not {number}")


@given(_fills())
def test_a_position_that_takes_many_fills_is_what_each_of_them_would_have_made(fills: list[Fill]) -> None:
    one_by_one, growing = Position("AAPL"), GrowingPosition(Position("AAPL"))
    for fill in fills:
        one_by_one = one_by_one.with_fill(fill)
        growing.take(fill)
        assert growing.realized_pnl == one_by_one.realized_pnl
        assert growing.position() == one_by_one
