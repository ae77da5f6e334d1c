"""When an order fills and at what price."""

from decimal import Decimal

import pytest

from jax.domain.backtest_result import BacktestOrder, OrderReason
from jax.domain.side import Side
from tests.unit.backtest.scripted_backtests import bars, buy, closes_at, opens_at, run, sell, settings

QUIET = "100 101 99 100"


def prices(orders: tuple[BacktestOrder, ...]) -> list[Decimal | None]:
    return [order.price for order in orders]


def test_an_entry_fills_at_the_open_of_the_bar_after_the_decision() -> None:
    result = run({0: buy(stop=50)}, bars(QUIET, "103 104 98 99", QUIET))
    (order,) = result.orders
    assert (order.side, order.price, order.reason) == (Side.BUY, Decimal(103), OrderReason.ENTRY)
    assert (order.decided_at, order.filled_at) == (closes_at(0), opens_at(1))
    assert order.detail == "the script says so"


def test_a_decision_on_the_last_bar_leaves_an_order_that_never_filled() -> None:
    result = run({1: buy(stop=50)}, bars(QUIET, QUIET))
    (order,) = result.orders
    assert (order.filled_at, order.price, order.commission) == (None, None, Decimal(0))
    assert result.open_positions == ()


def test_the_stop_fills_within_the_bar_that_reaches_it() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, QUIET, "98 99 95 97"))
    exit_order = result.orders[1]
    assert (exit_order.price, exit_order.reason, exit_order.side) == (
        Decimal(95),
        OrderReason.STOP,
        Side.SELL,
    )
    assert (exit_order.decided_at, exit_order.filled_at) == (closes_at(0), closes_at(2))


def test_the_stop_holds_while_the_low_stays_above_it() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, QUIET, "98 99 95.01 97"))
    assert len(result.orders) == 1


def test_the_first_target_fills_within_the_bar_that_reaches_it() -> None:
    result = run({0: buy(stop=50, target=110)}, bars(QUIET, QUIET, "105 110 104 105"))
    assert (result.orders[1].price, result.orders[1].reason) == (Decimal(110), OrderReason.TARGET)


def test_the_worse_one_comes_first_when_stop_and_target_lie_in_one_bar() -> None:
    result = run({0: buy(stop=95, target=110)}, bars(QUIET, QUIET, "100 112 94 111"))
    assert (result.orders[1].price, result.orders[1].reason) == (Decimal(95), OrderReason.STOP)


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    result = run({0: buy(stop=95, target=110)}, bars(QUIET, QUIET, "90 112 89 100"))
    assert (result.orders[1].price, result.orders[1].filled_at) == (Decimal(90), opens_at(2))
    assert result.orders[1].reason is OrderReason.STOP


@pytest.mark.parametrize("price", ["95", "110"])
def test_an_open_at_the_stop_or_the_target_fills_there_and_then(price: str) -> None:
    result = run({0: buy(stop=95, target=110)}, bars(QUIET, QUIET, f"{price} 120 90 100"))
    assert (result.orders[1].price, result.orders[1].filled_at) == (Decimal(price), opens_at(2))


def test_a_gap_over_the_target_fills_at_the_open_even_when_the_low_is_below_the_stop() -> None:
    result = run({0: buy(stop=95, target=110)}, bars(QUIET, QUIET, "115 116 94 95"))
    assert (result.orders[1].price, result.orders[1].reason) == (Decimal(115), OrderReason.TARGET)


def test_the_bar_of_the_entry_can_end_the_position() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, "100 101 94 100"))
    assert prices(result.orders) == [100, 95]


def test_an_entry_that_opens_beyond_its_stop_ends_at_the_same_price() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, "90 91 89 90"))
    assert prices(result.orders) == [90, 90]
    assert result.orders[1].filled_at == opens_at(1)


def test_a_short_position_is_stopped_above_and_taken_below() -> None:
    stopped = run({0: sell(stop=105)}, bars(QUIET, QUIET, "101 106 90 95"))
    taken = run({0: sell(stop=105, target=92)}, bars(QUIET, QUIET, "101 104 90 95"))
    gapped = run({0: sell(stop=105)}, bars(QUIET, QUIET, "108 109 90 95"))
    assert [r.orders[1].price for r in (stopped, taken, gapped)] == [105, 92, 108]
    assert stopped.orders[0].side is Side.SELL
    assert stopped.orders[1].side is Side.BUY


def test_an_opposite_decision_closes_at_the_next_open_and_opens_nothing() -> None:
    result = run({0: buy(stop=50), 1: sell(stop=200)}, bars(QUIET, QUIET, "102 103 98 99", QUIET))
    assert prices(result.orders) == [100, 102]
    assert result.orders[1].reason is OrderReason.OPPOSITE_DECISION
    assert (result.orders[1].decided_at, result.orders[1].filled_at) == (closes_at(1), opens_at(2))
    assert result.open_positions == ()


def test_a_waiting_close_at_the_open_comes_before_the_stop_in_the_same_bar() -> None:
    result = run({0: buy(stop=95), 1: sell(stop=200)}, bars(QUIET, QUIET, "99 100 90 91"))
    assert (result.orders[1].price, result.orders[1].reason) == (Decimal(99), OrderReason.OPPOSITE_DECISION)
    assert len(result.orders) == 2


def test_the_same_decision_again_is_passed_over_while_the_position_is_open() -> None:
    result = run({0: buy(stop=50), 1: buy(stop=60), 2: buy(stop=70)}, bars(*[QUIET] * 5))
    assert len(result.orders) == 1


def test_a_symbol_that_was_stopped_may_be_entered_again_from_the_same_bar() -> None:
    result = run({0: buy(stop=95), 1: buy(stop=80)}, bars(QUIET, "100 101 94 96", QUIET))
    assert prices(result.orders) == [100, 95, 100]


def test_commission_is_taken_from_the_value_of_every_fill() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, QUIET, "98 99 95 97"), under=settings(commission_bps=10))
    assert [order.commission for order in result.orders] == [Decimal(10), Decimal("9.5")]
    (trade,) = result.trades
    assert trade.net_pnl == Decimal(100) * (95 - 100) - Decimal("19.5")
    assert result.equity[-1].equity == 10_000 + trade.net_pnl


@pytest.mark.parametrize(("side", "gain"), [("long", 300), ("short", -300)])
def test_an_open_position_is_marked_at_the_last_close(side: str, gain: int) -> None:
    decision = buy(stop=50) if side == "long" else sell(stop=150)
    result = run({0: decision}, bars(QUIET, QUIET, "100 104 99 103"))
    assert result.equity[-1].equity == 10_000 + gain
    assert result.equity[-1].open_positions == 1
    (held,) = result.open_positions
    assert (held.signed_quantity, held.last_price) == (Decimal(100 if side == "long" else -100), Decimal(103))
