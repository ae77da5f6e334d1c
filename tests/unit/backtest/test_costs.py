"""What a fill costs: commission in its three forms, slippage in its three models, and borrowing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.backtest_settings import BacktestSettings, Costs, FillMoment, SlippageModel
from tests.unit.backtest.scripted_backtests import ALL_IN, bar, bars, buy, run, sell

QUIET = "100 101 99 100"


def costing(**costs: object) -> BacktestSettings:
    free = {"commission_bps": Decimal(0)}
    return BacktestSettings(Decimal(10_000), Costs(**{**free, **costs}), ALL_IN)  # type: ignore[arg-type]


def test_commission_a_unit_is_added_to_that_on_the_value() -> None:
    under = costing(commission_bps=Decimal(10), commission_per_unit=Decimal("0.5"))
    result = run({0: buy(stop=50)}, bars(QUIET, QUIET), under=under)
    assert result.orders[0].commission == Decimal(10) + Decimal(50)


@pytest.mark.parametrize(("minimum", "paid"), [("9", "10"), ("10", "10"), ("25", "25")])
def test_the_minimum_takes_the_place_of_a_smaller_commission_on_the_value(minimum: str, paid: str) -> None:
    under = costing(commission_bps=Decimal(10), commission_minimum=Decimal(minimum))
    result = run({0: buy(stop=50)}, bars(QUIET, QUIET), under=under)
    assert result.orders[0].commission == Decimal(paid)


@pytest.mark.parametrize(
    ("model", "volume", "price"),
    [
        (SlippageModel.BPS, 1000, "100.5"),
        (SlippageModel.LINEAR, 1000, "100.05"),
        (SlippageModel.LINEAR, 100, "100.5"),
        (SlippageModel.SQUARE_ROOT, 10_000, "100.05"),
        (SlippageModel.SQUARE_ROOT, 400, "100.25"),
        (SlippageModel.SQUARE_ROOT, 0, "100.5"),
    ],
)
def test_slippage_moves_the_price_against_the_order(model: SlippageModel, volume: int, price: str) -> None:
    under = costing(slippage=model, slippage_bps=Decimal(50))
    series = [bar(0, QUIET), bar(1, QUIET, volume=volume)]
    bought = run({0: buy(stop=50)}, series, under=under).orders[0]
    sold = run({0: sell(stop=150)}, series, under=under).orders[0]
    assert bought.quantity == sold.quantity == 100
    assert bought.price == pytest.approx(Decimal(price))
    assert sold.price == pytest.approx(200 - Decimal(price))


def test_slippage_never_leaves_the_range_of_the_bar() -> None:
    under = costing(slippage=SlippageModel.BPS, slippage_bps=Decimal(500))
    result = run({0: buy(stop=50)}, bars(QUIET, "100 102 99 100"), under=under)
    assert result.orders[0].price == 102


def test_a_stop_slips_and_a_target_does_not() -> None:
    under = costing(slippage=SlippageModel.BPS, slippage_bps=Decimal(100))
    stopped = run({0: buy(stop=95)}, bars(QUIET, QUIET, "98 99 90 97"), under=under)
    taken = run({0: buy(stop=50, target=110)}, bars(QUIET, QUIET, "105 112 104 105"), under=under)
    assert stopped.orders[1].price == pytest.approx(Decimal("94.05"))
    assert taken.orders[1].price == 110


def test_a_short_position_pays_for_what_it_borrows_by_the_day() -> None:
    under = costing(borrow_rate=Decimal("0.365"))
    result = run({0: sell(stop=150)}, bars(QUIET, QUIET, "100 100 90 90", "90 91 89 90"), under=under)
    # 100 units for a day at the close of the day before: 0.1 % of 10,000, then of 9,000.
    assert [point.cash for point in result.equity] == [10_000, 20_000, 19_990, pytest.approx(Decimal(19_981))]


def test_a_long_position_pays_nothing_to_borrow() -> None:
    under = costing(borrow_rate=Decimal(1))
    assert run({0: buy(stop=50)}, bars(QUIET, QUIET, QUIET), under=under).equity[-1].equity == 10_000


def test_what_was_paid_to_borrow_lessens_the_trades_profit() -> None:
    under = costing(borrow_rate=Decimal("0.365"))
    days = bars(QUIET, QUIET, "100 100 90 90", "90 91 89 90")
    (trade,) = run({0: sell(stop=150), 2: buy(stop=50)}, days, under=under).trades
    assert trade.net_pnl == pytest.approx(Decimal(100 * 10 - 10 - 9))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commission_minimum", "-1"),
        ("commission_per_unit", "NaN"),
        ("slippage_bps", "1001"),
        ("borrow_rate", "11"),
        ("borrow_rate", "NaN"),
    ],
)
def test_a_cost_out_of_bounds_is_named(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=field):
        Costs(**{"slippage": SlippageModel.BPS, "slippage_bps": Decimal(1), field: Decimal(value)})  # type: ignore[arg-type]


@pytest.mark.parametrize(("model", "bps"), [(SlippageModel.NONE, "5"), (SlippageModel.LINEAR, "0")])
def test_a_slippage_without_its_coefficient_is_refused(model: SlippageModel, bps: str) -> None:
    with pytest.raises(ValueError, match="slippage_bps"):
        Costs(slippage=model, slippage_bps=Decimal(bps))


def test_fills_at_the_next_close_know_its_price_and_not_the_stop_before_it() -> None:
    under = replace(costing(), fill_at=FillMoment.NEXT_CLOSE)
    result = run({0: buy(stop=95)}, bars(QUIET, "90 104 80 103", "103 104 94 100"), under=under)
    entry, stopped = result.orders
    assert entry.price == 103
    assert entry.filled_at == result.equity[1].end
    assert stopped.price == 95


def test_an_exit_at_the_next_close_comes_after_the_stop_of_that_bar() -> None:
    under = replace(costing(), fill_at=FillMoment.NEXT_CLOSE)
    script = {0: buy(stop=95), 2: sell(stop=200)}
    left = run(script, bars(QUIET, QUIET, QUIET, "99 100 96 98"), under=under)
    stopped = run(script, bars(QUIET, QUIET, QUIET, "99 100 94 98"), under=under)
    assert left.trades[0].exit_price == 98
    assert stopped.trades[0].exit_price == 95
    assert len(stopped.trades) == 1
