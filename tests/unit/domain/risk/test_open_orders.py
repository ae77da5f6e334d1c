"""Sums that are kept up are those that adding up the orders anew would give, whatever came and went."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from jax.domain.order import OrderLeg
from jax.domain.risk.open_orders import OpenOrder, OpenOrders
from jax.domain.side import Side
from tests.unit.domain.risk.cases import working

_SYMBOLS, _TRADES = ("AAPL", "MSFT"), ("sg1", "sg2", "sg3")
# A third that Decimals cannot write down: what was added must be what is taken away.
_VALUES = (Decimal("0.01"), Decimal(100) / 3, Decimal("123456789.123456789"))
_ORDERS = st.builds(
    OpenOrder,
    signal_id=st.sampled_from(_TRADES),
    symbol=st.sampled_from(_SYMBOLS),
    side=st.sampled_from(Side),
    leg=st.sampled_from([OrderLeg.ENTRY, *OrderLeg]),
    leaves_quantity=st.sampled_from([Decimal(0), Decimal("0.00000001"), Decimal(7), Decimal("123456.5")]),
    unit_value=st.sampled_from(_VALUES),
)
_CHANGES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | _ORDERS), max_size=25)


def _exits(orders: Iterable[OpenOrder], side: Side, *, in_currency: bool = False) -> Fraction:
    """For each trade the leg with most."""
    legs: dict[tuple[str, OrderLeg], Fraction] = defaultdict(Fraction)
    for order in orders:
        if order.leg is not OrderLeg.ENTRY and order.side is side:
            worth = Fraction(order.unit_value) if in_currency else 1
            legs[order.signal_id, order.leg] += Fraction(order.leaves_quantity) * worth
    return sum(
        (max(legs[key] for key in legs if key[0] == of) for of in {key[0] for key in legs}), Fraction(0)
    )


def _entries(orders: Iterable[OpenOrder], side: Side) -> list[OpenOrder]:
    return [order for order in orders if order.leg is OrderLeg.ENTRY and order.side is side]


def _cost(orders: list[OpenOrder]) -> Fraction:
    entries = [*_entries(orders, Side.BUY), *_entries(orders, Side.SELL)]
    paid = sum((Fraction(each.leaves_quantity) * Fraction(each.unit_value) for each in entries), Fraction(0))
    return paid + _exits(orders, Side.BUY, in_currency=True)


@settings(max_examples=300, deadline=None)
@given(changes=_CHANGES)
def test_the_sums_are_those_of_the_orders_that_are_open(changes: list[tuple[str, OpenOrder | None]]) -> None:
    kept, open_now = OpenOrders(), dict[str, OpenOrder]()
    for name, order in changes:
        if order is None:
            kept.drop(name)
            open_now.pop(name, None)
        else:
            kept.put(name, order)
            open_now[name] = order
    assert len(kept) == len(open_now)
    sums = kept.by_symbol
    assert sums.keys() == {order.symbol for order in open_now.values()}
    for symbol, found in sums.items():
        orders = [order for order in open_now.values() if order.symbol == symbol]
        for side in Side:
            entries = sum((Fraction(each.leaves_quantity) for each in _entries(orders, side)), Fraction(0))
            assert Fraction(found.entries(side)) == entries
            assert Fraction(found.exits(side)) == _exits(orders, side)
            assert Fraction(found.units(side)) == entries + _exits(orders, side)
        assert Fraction(found.cost) == _cost(orders)
        values = [order.unit_value for order in orders]
        assert (found.cheapest, found.dearest) == (min(values), max(values))
    assert Fraction(kept.cost) == sum(
        (_cost([each for each in open_now.values() if each.symbol == symbol]) for symbol in sums), Fraction(0)
    )


@settings(max_examples=200, deadline=None)
@given(orders=st.lists(_ORDERS, max_size=12), side=st.sampled_from(Side), trade=st.sampled_from(_TRADES))
def test_what_is_leaving_is_told_by_leg_of_one_trade_and_in_one_sum_of_the_others(
    orders: list[OpenOrder], side: Side, trade: str
) -> None:
    kept = OpenOrders()
    for number, order in enumerate(orders):
        kept.put(str(number), order)
    found = kept.leaving("AAPL", side, signal_id=trade)
    exits = [
        each
        for each in orders
        if (each.symbol, each.side) == ("AAPL", side) and each.leg is not OrderLeg.ENTRY
    ]
    own = [each for each in exits if each.signal_id == trade]
    assert {leg: Fraction(units) for leg, units in found.by_leg.items()} == {
        leg: sum(Fraction(each.leaves_quantity) for each in own if each.leg is leg)
        for leg in {each.leg for each in own}
    }
    others = [each for each in exits if each.signal_id != trade]
    assert Fraction(found.of_others) == _exits(others, side)


def test_an_order_is_what_was_said_of_it_last() -> None:
    kept, first = OpenOrders(), working(leaves=10)
    kept.put("jx1", first)
    kept.put("jx1", replace(first, leaves_quantity=Decimal(4)))
    assert kept.by_symbol["AAPL"].entries_buying == 4
    kept.drop("jx1")
    kept.drop("jx1")
    assert len(kept) == len(kept.by_symbol) == kept.cost == 0
    assert not any(vars(kept).values()), "nothing is kept of what is gone"
