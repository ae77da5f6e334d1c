"""One bar fills no more than its share of the volume; the rest waits."""

from dataclasses import replace
from decimal import Decimal

from jax.domain.backtest_result import OrderReason
from jax.domain.backtest_settings import AllIn, BacktestSettings
from tests.unit.backtest.scripted_backtests import bar, bars, buy, closes_at, opens_at, run, sell, settings

QUIET = "100 101 99 100"
# Bars have a volume of 1,000: each fills at most 40 units.
CAPPED = replace(settings(), participation_fraction=Decimal("0.04"))


def test_an_entry_takes_as_many_bars_as_its_size_needs() -> None:
    result = run(
        {0: buy(stop=50)}, bars(QUIET, "100 100 100 100", "102 102 102 102", "110 110 110 110"), under=CAPPED
    )
    (order,) = result.orders
    assert order.quantity == order.filled_quantity == 100
    assert order.price == (40 * 100 + 40 * 102 + 20 * 110) / Decimal(100)
    assert order.filled_at == opens_at(3)
    assert [point.positions_value for point in result.equity] == [0, 4000, 80 * 102, 100 * 110]


def test_a_share_of_the_volume_is_rounded_down_to_whole_lots() -> None:
    series = [bar(0, QUIET), bar(1, QUIET, volume=1024), bar(2, QUIET, volume=24)]
    result = run({0: buy(stop=50)}, series, under=CAPPED)
    assert result.orders[0].filled_quantity == 40


def test_a_stop_that_fills_in_part_sells_the_rest_at_the_next_open() -> None:
    days = bars(QUIET, QUIET, QUIET, QUIET, "96 97 94 95", "93 94 92 93", "99 100 98 99")
    result = run({0: buy(stop=95)}, days, under=CAPPED)
    entry, stopped = result.orders
    assert entry.filled_quantity == 100
    assert stopped.quantity == stopped.filled_quantity == 100
    assert stopped.price == (40 * 95 + 40 * 93 + 20 * 99) / Decimal(100)
    assert (stopped.reason, stopped.filled_at) == (OrderReason.STOP, opens_at(6))
    (trade,) = result.trades
    assert (trade.exit_price, trade.exited_at) == (stopped.price, opens_at(6))
    assert trade.net_pnl == 40 * -5 + 40 * -7 + 20 * -1


def test_a_target_that_fills_in_part_goes_on_waiting_at_its_price() -> None:
    days = bars(
        QUIET, QUIET, QUIET, QUIET, "108 110 107 108", "105 106 104 105", "109 111 108 110", "112 113 111 112"
    )
    result = run({0: buy(stop=50, target=110)}, days, under=CAPPED)
    taken = result.orders[1]
    assert taken.filled_quantity == 100
    assert taken.price == (80 * 110 + 20 * 112) / Decimal(100)


def test_what_of_an_entry_still_waits_goes_when_the_position_is_left() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, QUIET, "96 97 94 95", QUIET, QUIET), under=CAPPED)
    entry = result.orders[0]
    assert entry.quantity == 100
    assert entry.filled_quantity == 80
    assert sum(order.filled_quantity for order in result.orders[1:]) == 80
    assert result.open_positions == ()


def test_an_opposite_decision_cancels_the_rest_of_an_entry() -> None:
    result = run({0: buy(stop=50), 1: sell(stop=200)}, bars(QUIET, QUIET, QUIET, QUIET), under=CAPPED)
    entry, left = result.orders
    assert entry.filled_quantity == left.filled_quantity == left.quantity == 40


def test_a_stop_that_the_entry_left_no_room_for_leaves_at_the_next_open() -> None:
    result = run({0: buy(stop=95)}, bars(QUIET, "100 101 94 96", "99 100 98 99"), under=CAPPED)
    entry, stopped = result.orders
    assert entry.filled_quantity == stopped.filled_quantity == 40
    assert stopped.price == 99
    assert (stopped.reason, stopped.filled_at) == (OrderReason.STOP, opens_at(2))


def test_a_bar_without_volume_fills_nothing() -> None:
    series = [bar(0, QUIET), bar(1, "100 101 90 95", volume=0), bar(2, QUIET)]
    result = run({0: buy(stop=50)}, series, under=CAPPED)
    assert result.orders[0].filled_quantity == 40
    assert result.orders[0].filled_at == opens_at(2)


def test_a_stop_in_a_bar_without_volume_leaves_at_the_next_open() -> None:
    series = [bar(0, QUIET), bar(1, QUIET), bar(2, "96 97 94 95", volume=0), bar(3, "90 91 89 90")]
    tiny = replace(settings(cash=1000), participation_fraction=Decimal("0.04"))
    result = run({0: buy(stop=95)}, series, under=tiny)
    assert [order.filled_quantity for order in result.orders] == [10, 10]
    assert [order.price for order in result.orders] == [100, 90]
    assert result.orders[1].reason is OrderReason.STOP


def test_all_the_cash_goes_in_over_several_bars() -> None:
    under = BacktestSettings(Decimal(10_000), sizing=AllIn(), participation_fraction=Decimal("0.04"))
    result = run({0: buy(stop=50)}, bars(*[QUIET] * 6), under=under)
    (order,) = result.orders
    assert order.filled_at == opens_at(3)
    assert abs(result.equity[-1].cash) < Decimal("1e-8")
    assert abs(order.filled_quantity - 10_000 / (100 * Decimal("1.001"))) < Decimal("1e-9")
    assert order.decided_at == closes_at(0)
