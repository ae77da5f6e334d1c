"""Entries away from the close: limit and stop orders that wait for their price."""

from decimal import Decimal

import pytest

from jax.domain.backtest_result import BacktestOrderType, OrderReason
from jax.domain.strategy import Decision
from tests.unit.backtest.scripted_backtests import bars, buy, opens_at, run, sell

QUIET = "100 101 99 100"


@pytest.mark.parametrize(
    ("decision", "order_type"),
    [
        (buy(stop=50, entry=95), BacktestOrderType.LIMIT),
        (buy(stop=50, entry=105), BacktestOrderType.STOP),
        (buy(stop=50, entry=100), BacktestOrderType.MARKET),
        (sell(stop=150, entry=105), BacktestOrderType.LIMIT),
        (sell(stop=150, entry=95), BacktestOrderType.STOP),
    ],
)
def test_the_entrys_side_of_the_close_says_what_order_it_is(
    decision: Decision, order_type: BacktestOrderType
) -> None:
    (order,) = run({0: decision}, bars(QUIET, QUIET)).orders
    assert order.order_type is order_type
    assert order.order_price == (
        None if order_type is BacktestOrderType.MARKET else Decimal(int(decision.entry))
    )


@pytest.mark.parametrize(
    ("decision", "day", "price"),
    [
        (buy(stop=50, entry=95), "98 99 95 97", 95),  # touched
        (buy(stop=50, entry=95), "98 99 95.01 97", None),
        (buy(stop=50, entry=95), "93 94 92 93", 93),  # opens better
        (buy(stop=50, entry=105), "101 105 100 104", 105),
        (buy(stop=50, entry=105), "101 104.99 100 104", None),
        (buy(stop=50, entry=105), "107 108 106 107", 107),  # opens worse
        (sell(stop=150, entry=105), "101 105 100 104", 105),
        (sell(stop=150, entry=105), "107 108 106 107", 107),
        (sell(stop=150, entry=95), "98 99 95 97", 95),
        (sell(stop=150, entry=95), "93 94 92 93", 93),
    ],
)
def test_an_order_fills_at_its_price_or_at_an_open_beyond_it(
    decision: Decision, day: str, price: int | None
) -> None:
    (order,) = run({0: decision}, bars(QUIET, day)).orders
    assert order.price == price
    if price not in {95, 105, None}:
        assert order.filled_at == opens_at(1)


def test_the_days_that_an_order_waits_are_no_trades() -> None:
    script = {0: buy(stop=50, entry=95), 4: sell(stop=150)}
    found = run(script, bars(QUIET, QUIET, QUIET, "98 99 94 97", QUIET, "101 102 100 101"))
    assert (found.metrics.trades, found.metrics.win_rate, len(found.trades)) == (1, Decimal(1), 1)
    waiting = run({0: buy(stop=50, entry=95)}, bars(QUIET, QUIET, QUIET))
    assert (waiting.metrics.trades, waiting.metrics.turnover, len(waiting.trades)) == (0, Decimal(0), 0)


def test_an_order_waits_for_days() -> None:
    (order,) = run({0: buy(stop=50, entry=95)}, bars(QUIET, QUIET, QUIET, "98 99 94 97")).orders
    assert order.price == 95


def test_a_newer_decision_takes_the_place_of_an_entry_that_waits() -> None:
    script = {0: buy(stop=50, entry=95), 1: buy(stop=50, entry=97)}
    first, second = run(script, bars(QUIET, QUIET, "98 99 94 97")).orders
    assert first.filled_quantity == 0
    assert first.price is None
    assert second.price == 97


def test_an_opposite_decision_ends_an_entry_that_waits_and_enters_itself() -> None:
    script = {0: buy(stop=50, entry=95), 1: sell(stop=150)}
    first, second = run(script, bars(QUIET, QUIET, "98 99 94 97")).orders
    assert first.price is None
    assert second.price == 98


def test_a_refused_decision_ends_an_entry_that_waits_too() -> None:
    script = {0: buy(stop=50, entry=95), 1: buy(stop=120)}
    result = run(script, bars(QUIET, QUIET, "98 99 94 97"))
    assert [order.price for order in result.orders] == [None]
    assert result.refused == {"STOP_WRONG_SIDE": 1}


def test_an_entry_within_a_bar_can_be_stopped_in_it_but_not_take_its_target() -> None:
    stopped = run({0: buy(stop=90, target=99, entry=95)}, bars(QUIET, "98 100 89 97"))
    held = run({0: buy(stop=90, target=99, entry=95)}, bars(QUIET, "98 100 91 97", "98 99 97 98"))
    assert [order.price for order in stopped.orders] == [95, 90]
    assert [order.price for order in held.orders] == [95, 99]
    assert held.orders[1].reason is OrderReason.TARGET
    assert held.orders[1].filled_at == held.equity[2].end


def test_an_entry_that_gapped_to_the_open_can_take_its_target_in_that_bar() -> None:
    result = run({0: buy(stop=80, target=99, entry=95)}, bars(QUIET, "93 100 92 97"))
    assert [order.price for order in result.orders] == [93, 99]


@pytest.mark.parametrize("entry", [-5.0, float("nan"), float("inf")])
def test_an_entry_that_is_no_price_makes_no_order(entry: float) -> None:
    result = run({0: buy(stop=50, entry=entry)}, bars(QUIET, QUIET))
    assert (result.orders, result.refused) == ((), {"PRICE_INVALID": 1})
