"""Many symbols, one account, and the trader's rule for the size of a position."""

from decimal import Decimal

import pytest

from jax.domain.bar import Bar
from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits, SizingRequest, size_position
from jax.domain.risk_decision import Approved
from jax.domain.side import Side
from jax.domain.strategy import Decision
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from tests.unit.backtest.scripted_backtests import (
    bars,
    buy,
    instrument,
    run,
    scripted,
    sell,
    settings,
)

QUIET = "100 101 99 100"
HALF = SizingLimits(Decimal(1), Decimal(1), Decimal(0), Decimal("0.6"))


def two_symbols(*days: str) -> dict[str, list[Bar]]:
    return {symbol: bars(*days, symbol=symbol) for symbol in ("MSFT", "AAPL")}


def test_the_size_is_that_of_the_traders_rule() -> None:
    limits = SizingLimits(Decimal("0.01"), Decimal(1), Decimal(1000), Decimal("0.20"))
    result = run({0: buy(stop=97)}, bars(QUIET, QUIET), under=settings(cash=100_000, sizing=limits))
    request = SizingRequest("AAPL", Side.BUY, Decimal(100), Decimal(97), Decimal(100_000), Decimal(100_000))
    sized = size_position(request, limits, instrument("AAPL"))
    assert isinstance(sized, Approved)
    assert result.orders[0].quantity == sized.quantity == 200


def test_the_size_follows_the_equity_of_the_deciding_bar() -> None:
    limits = SizingLimits(Decimal("0.01"), Decimal(1), Decimal(0), Decimal(1))
    days = (QUIET, QUIET, "100 111 100 110", QUIET)
    result = run({0: buy(stop=90, target=110), 2: buy(stop=109)}, bars(*days), under=settings(sizing=limits))
    first, _, second, *_ = result.orders
    assert first.quantity == 10
    assert second.quantity == (10_000 + 10 * 10) // 110  # one unit of risk each, capped by what there is


def test_symbols_share_the_money_in_the_order_of_their_names() -> None:
    result = run({0: buy(stop=50)}, two_symbols(QUIET, QUIET), under=settings(sizing=HALF))
    assert [(order.symbol, order.quantity) for order in result.orders] == [
        ("AAPL", Decimal(60)),
        ("MSFT", Decimal(40)),
    ]


def test_short_positions_use_up_the_same_money() -> None:
    result = run({0: sell(stop=150)}, two_symbols(QUIET, QUIET), under=settings(sizing=HALF))
    assert [order.quantity for order in result.orders] == [60, 40]
    assert result.equity[-1].cash == 20_000


def test_a_short_position_that_is_held_uses_up_money_too() -> None:
    series = {"AAPL": bars(*[QUIET] * 3), "IBM": bars(*[QUIET] * 4, symbol="IBM")[1:]}
    # AAPL's bars are one ahead of IBM's, so its position is held when IBM's entry is sized.
    result = run({0: sell(stop=150)}, series, under=settings(sizing=HALF))
    assert [(order.symbol, order.quantity) for order in result.orders] == [
        ("AAPL", Decimal(60)),
        ("IBM", Decimal(40)),
    ]


def test_an_entry_that_the_sizing_denies_is_counted_by_its_code() -> None:
    result = run({0: buy(stop=50)}, two_symbols(QUIET, QUIET))
    assert [order.symbol for order in result.orders] == ["AAPL"]
    assert result.refused == {"BUYING_POWER_TOO_SMALL": 1}


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        (buy(stop=100), "STOP_DISTANCE_ZERO"),
        (buy(stop=120), "STOP_WRONG_SIDE"),
        (buy(stop=-5), "PRICE_INVALID"),
        (buy(stop=float("nan")), "PRICE_INVALID"),
        (buy(stop=float("inf")), "PRICE_INVALID"),
        (buy(stop=50, target=90), "PRICE_INVALID"),
        (buy(stop=50, target=float("nan")), "PRICE_INVALID"),
        (sell(stop=110, target=-1), "PRICE_INVALID"),
        (sell(stop=110, target=101), "PRICE_INVALID"),
    ],
)
def test_a_decision_that_could_be_no_signal_makes_no_order(decision: Decision, code: str) -> None:
    result = run({0: decision}, bars(QUIET, QUIET))
    assert result.orders == ()
    assert result.refused == {code: 1}


def test_a_series_that_begins_later_joins_when_it_begins() -> None:
    late = bars(QUIET, QUIET, QUIET, QUIET, symbol="FB")[2:]
    result = run({0: buy(stop=50)}, {"AAPL": bars(*[QUIET] * 4), "FB": late}, under=settings(sizing=HALF))
    assert [order.filled_at for order in result.orders] == [late[0].start.replace(day=2), late[1].start]
    assert len(result.equity) == 4


def test_the_multiplier_counts_into_cash_value_and_profit() -> None:
    strategy = scripted({0: buy(stop=90, target=110)})
    future = Instrument("ES", "XCME", "USD", Decimal("0.25"), Decimal(1), Decimal(50))
    series = bars(QUIET, QUIET, "100 111 100 105", symbol="ES")
    result = run_backtest(
        BacktestInputs(strategy, strategy.params, {"ES": series}, {"ES": future}, settings(cash=20_000))
    )
    assert result.orders[0].quantity == 4
    assert result.equity[1].positions_value == 4 * 50 * 100
    assert result.trades[0].net_pnl == 4 * 50 * 10
    assert result.equity[-1].equity == 22_000
    # 20,000 bought and 22,000 sold at an equity of 20,000, in 3 of 252 bars a year.
    assert result.metrics.turnover == Decimal("176.4")
