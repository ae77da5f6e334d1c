"""A way out leaves what its trade holds, and in REDUCE what the account holds; nothing else stops it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.controls import TradingMode
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderLeg
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk.open_orders import LeavingOrders, OpenOrder
from jax.domain.risk_decision import Approved, Denied
from jax.domain.side import Side
from tests.unit.domain.numbers import NEGATIVE, NOT_POSITIVE
from tests.unit.domain.risk.cases import account, approved, denied, held, in_mode, leaving, way_out, working

_REDUCE = in_mode(TradingMode.REDUCE)


def exit_order(
    leg: OrderLeg = OrderLeg.CLOSE, *, leaves: str, signal_id: str = "sg0", side: Side = Side.SELL
) -> OpenOrder:
    return working(side=side, leg=leg, leaves=leaves, signal_id=signal_id)


def test_an_entry_is_no_way_out() -> None:
    with pytest.raises(InvalidValue, match="leg: an entry is no way out; want it as a WantedEntry"):
        way_out(leg=OrderLeg.ENTRY)


@pytest.mark.parametrize(
    ("orders", "most"),
    [
        ([], "10"),
        ([exit_order(leaves="4")], "6"),
        ([exit_order(leaves="4"), exit_order(leaves="0.5")], "5.5"),
        ([exit_order(OrderLeg.STOP, leaves="10")], "10"),
        ([exit_order(leaves="10", signal_id="sg1")], "10"),
        ([exit_order(leaves="10")], "0"),
    ],
)
def test_the_exits_of_one_leg_leave_at_most_what_the_trade_holds(orders: list[OpenOrder], most: str) -> None:
    state = account(holdings={"AAPL": held(100)}, orders=tuple(orders))
    if Decimal(most) > 0:
        assert approved(leaving(way_out(quantity=Decimal(most)), account=state)).quantity == Decimal(most)
    more = Decimal(most) + Decimal("0.00000001")
    found = denied(leaving(way_out(quantity=more), account=state), ReasonCode.EXIT_RAISES_POSITION)
    assert found.numbers == {"quantity": more, "leaving": 10 - Decimal(most), "held": Decimal(10)}


def test_a_trade_that_holds_nothing_is_not_left() -> None:
    denied(leaving(way_out(held=Decimal(0))), ReasonCode.EXIT_RAISES_POSITION)


@pytest.mark.parametrize("position", ["9.99999999", "0", "-10"])
def test_in_reduce_the_accounts_own_position_does_not_grow(position: str) -> None:
    state = account(holdings={"AAPL": held(position)})
    found = denied(leaving(way_out(), account=state, controls=_REDUCE), ReasonCode.EXIT_RAISES_POSITION)
    assert found.numbers == {"quantity": Decimal(10), "leaving": Decimal(10), "held": Decimal(position)}
    assert isinstance(decide(leaving(way_out(), account=state)), Approved), "in NORMAL every trade gets out"


def test_in_reduce_a_symbol_that_is_not_held_is_not_left() -> None:
    case = leaving(way_out(), account=account(holdings={"MSFT": held(10)}), controls=_REDUCE)
    assert denied(case, ReasonCode.EXIT_RAISES_POSITION).numbers["held"] == 0


@pytest.mark.parametrize(
    ("orders", "most"),
    [
        ([], 15),
        ([exit_order(OrderLeg.STOP, leaves="9")], 15),
        ([exit_order(OrderLeg.STOP, leaves="4", signal_id="sg1")], 11),
        (
            [
                exit_order(OrderLeg.STOP, leaves="4", signal_id="sg1"),
                exit_order(OrderLeg.TARGET, leaves="6", signal_id="sg1"),
            ],
            9,
        ),
        (
            [exit_order(OrderLeg.STOP, leaves="4", signal_id="sg1"), exit_order(leaves="2", signal_id="sg2")],
            9,
        ),
        ([exit_order(OrderLeg.STOP, leaves="4", signal_id="sg1", side=Side.BUY)], 15),
        ([working(side=Side.SELL, leaves=15)], 15),
        ([working("MSFT", side=Side.SELL, leg=OrderLeg.STOP, leaves=15, signal_id="sg1")], 15),
        ([exit_order(leaves="4")], 11),
    ],
)
def test_in_reduce_all_exits_together_leave_at_most_what_the_account_holds(
    orders: list[OpenOrder], most: int
) -> None:
    state = account(holdings={"AAPL": held(15)}, orders=tuple(orders))
    for quantity, fits in ((most, True), (most + 1, False)):
        wanted = way_out(quantity=Decimal(quantity), held=Decimal(100))
        decision = decide(leaving(wanted, account=state, controls=_REDUCE))
        assert isinstance(decision, Approved) == fits
        if isinstance(decision, Denied):
            assert decision.numbers["leaving"] == 16
            assert decision.numbers["held"] == 15


def test_in_reduce_a_trade_gets_its_stop_although_its_target_is_larger_than_what_it_holds() -> None:
    orders = (exit_order(OrderLeg.TARGET, leaves="39"), exit_order(OrderLeg.STOP, leaves="22"))
    state = account(holdings={"AAPL": held(34)}, orders=orders)
    for leg, quantity in ((OrderLeg.STOP, 12), (OrderLeg.CLOSE, 34)):
        wanted = way_out(leg=leg, quantity=Decimal(quantity), held=Decimal(34))
        assert approved(leaving(wanted, account=state, controls=_REDUCE)).quantity == quantity
    more = way_out(leg=OrderLeg.CLOSE, quantity=Decimal(40), held=Decimal(40))
    denied(leaving(more, account=state, controls=_REDUCE), ReasonCode.EXIT_RAISES_POSITION)


def test_a_short_position_is_left_by_buying() -> None:
    state = account(holdings={"AAPL": held(-10)})
    wanted = way_out(side=Side.BUY)
    assert approved(leaving(wanted, account=state, controls=_REDUCE)).quantity == 10
    denied(leaving(way_out(), account=state, controls=_REDUCE), ReasonCode.EXIT_RAISES_POSITION)


@pytest.mark.parametrize("number", NOT_POSITIVE, ids=str)
def test_no_order_has_a_quantity_that_is_none(number: Decimal) -> None:
    found = denied(leaving(way_out(quantity=number)), ReasonCode.QUANTITY_INVALID)
    assert [(name, str(value)) for name, value in found.numbers.items()] == [("quantity", str(number))]


@pytest.mark.parametrize("number", NEGATIVE, ids=str)
def test_an_exit_is_not_judged_by_numbers_that_are_none(number: Decimal) -> None:
    by_trade = leaving(way_out(held=number))
    by_leg = replace(leaving(), leaving=LeavingOrders({OrderLeg.STOP: number}, Decimal(0)))
    by_others = replace(leaving(), leaving=LeavingOrders({}, number))
    for name, case in (("held", by_trade), ("leaves_quantity", by_leg), ("leaves_quantity", by_others)):
        found = denied(case, ReasonCode.QUANTITY_INVALID)
        assert [(key, str(value)) for key, value in found.numbers.items()] == [(name, str(number))]


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+400"])
def test_an_exit_is_not_judged_by_a_position_that_is_none(number: str) -> None:
    state = account(holdings={"AAPL": held(number)})
    found = denied(leaving(way_out(), account=state, controls=_REDUCE), ReasonCode.QUANTITY_INVALID)
    assert list(found.numbers) == ["signed_quantity"]
