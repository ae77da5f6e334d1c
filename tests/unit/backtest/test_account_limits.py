"""What keeps an account from entering: positions, the day's loss, no short selling, all in."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.position_sizing import SizingLimits
from tests.unit.backtest.scripted_backtests import bar, bars, buy, run, sell, settings

QUIET = "100 101 99 100"
FIFTH = SizingLimits(Decimal(1), Decimal(1), Decimal(0), Decimal("0.2"))


def series_of(*symbols: str, days: int = 3) -> dict[str, list[Bar]]:
    return {symbol: bars(*[QUIET] * days, symbol=symbol) for symbol in symbols}


def test_positions_and_waiting_entries_count_against_the_largest_number() -> None:
    under = replace(settings(sizing=FIFTH), max_open_positions=2)
    result = run({0: buy(stop=50), 1: buy(stop=50)}, series_of("AAPL", "IBM", "MSFT"), under=under)
    assert [order.symbol for order in result.orders] == ["AAPL", "IBM"]
    assert result.refused == {"TOO_MANY_POSITIONS": 2}


@pytest.mark.parametrize(("limit", "entered"), [("1000", False), ("1000.01", True)])
def test_a_day_that_lost_the_limit_enters_nothing_more(limit: str, entered: bool) -> None:
    under = replace(settings(), max_daily_loss=Decimal(limit))
    days = bars(QUIET, "100 100 90 90", QUIET)
    result = run({0: buy(stop=90), 1: buy(stop=50)}, days, under=under)
    assert (len(result.orders) == 3) == entered
    assert result.refused == ({} if entered else {"DAILY_LOSS_REACHED": 1})


def test_the_day_after_enters_again() -> None:
    under = replace(settings(), max_daily_loss=Decimal(500))
    days = bars(QUIET, "100 100 90 90", QUIET, QUIET)
    result = run({0: buy(stop=90), 2: buy(stop=50)}, days, under=under)
    assert len(result.orders) == 3


def test_without_short_selling_a_sell_only_ends_a_position() -> None:
    under = replace(settings(), short_selling=False)
    result = run({0: sell(stop=150), 1: buy(stop=50), 2: sell(stop=150)}, bars(*[QUIET] * 4), under=under)
    assert [order.reason.value for order in result.orders] == ["entry", "opposite decision"]
    assert result.refused == {}


def test_without_short_selling_a_sell_ends_an_entry_that_waits() -> None:
    under = replace(settings(), short_selling=False)
    result = run(
        {0: buy(stop=50, entry=95), 1: sell(stop=150)}, bars(QUIET, QUIET, "94 95 93 94"), under=under
    )
    assert [order.price for order in result.orders] == [None]


def test_all_in_spends_the_cash_with_the_commission_out_of_it() -> None:
    under = BacktestSettings(Decimal(10_000), sizing=AllIn())
    result = run({0: buy(stop=0.0, target=0.0)}, bars(QUIET, "98 99 97 98", "49 50 48 49"), under=under)
    assert abs(result.equity[1].cash) < Decimal("1e-8")
    assert abs(result.orders[0].quantity * 98 * Decimal("1.001") - 10_000) < Decimal("1e-8")


def test_all_in_sizes_at_the_price_of_the_fill_after_slippage() -> None:
    from jax.domain.backtest_settings import Costs, SlippageModel

    costs = Costs(Decimal(0), slippage=SlippageModel.BPS, slippage_bps=Decimal(100))
    result = run(
        {0: buy(stop=50)}, bars(QUIET, QUIET), under=BacktestSettings(Decimal(10_100), costs, AllIn())
    )
    assert result.orders[0].price == 101
    assert result.orders[0].quantity == 100
    assert result.equity[1].cash == 0


def test_all_in_leaves_nothing_for_the_second_symbol() -> None:
    result = run({0: buy(stop=50)}, series_of("AAPL", "IBM"), under=BacktestSettings(sizing=AllIn()))
    assert [order.filled_quantity > 0 for order in result.orders] == [True, False]


def test_all_in_does_not_spend_what_a_short_sale_brought_in() -> None:
    series = {"AAPL": bars(*[QUIET] * 4), "IBM": bars(*[QUIET] * 5, symbol="IBM")[1:]}
    result = run({0: sell(stop=150)}, series, under=BacktestSettings(sizing=AllIn()))
    assert [order.filled_quantity > 0 for order in result.orders] == [True, False]


def test_all_in_with_a_minimum_commission_never_owes_money() -> None:
    from jax.domain.backtest_settings import Costs

    costs = Costs(Decimal(10), commission_minimum=Decimal(50))
    result = run(
        {0: buy(stop=50)}, bars(QUIET, QUIET), under=BacktestSettings(Decimal(10_000), costs, AllIn())
    )
    assert result.orders[0].commission == 50
    assert abs(result.equity[1].cash) < Decimal("1e-8")


def test_all_in_with_less_money_than_the_commission_buys_nothing() -> None:
    from jax.domain.backtest_settings import Costs

    costs = Costs(Decimal(10), commission_minimum=Decimal(50))
    result = run({0: buy(stop=50)}, bars(QUIET, QUIET), under=BacktestSettings(Decimal(40), costs, AllIn()))
    assert result.orders[0].filled_quantity == 0
    assert result.equity[-1].equity == 40


def test_a_strategy_without_stops_is_refused_by_the_traders_sizing() -> None:
    result = run({0: buy(stop=0.0)}, [bar(0, QUIET), bar(1, QUIET)])
    assert (result.orders, result.refused) == ((), {"PRICE_INVALID": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("participation_fraction", Decimal(0)),
        ("participation_fraction", Decimal(2)),
        ("participation_fraction", Decimal("NaN")),
        ("max_open_positions", 0),
        ("max_daily_loss", Decimal(0)),
        ("max_daily_loss", Decimal("NaN")),
    ],
)
def test_a_setting_out_of_bounds_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidValue, match=field):
        BacktestSettings(**{field: value})  # type: ignore[arg-type]
