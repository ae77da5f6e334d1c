"""Bad input: a clear error that names the row or the field."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.backtest_settings import BacktestSettings, Costs
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.strategies.ma_crossover_v1 import STRATEGY, Params
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from tests.unit.backtest.scripted_backtests import bars, instrument, run, settings

QUIET = "100 101 99 100"


def refusal(series: Mapping[str, Sequence[Bar]]) -> str:
    with pytest.raises(InvalidValue) as caught:
        run({}, series)
    return str(caught.value)


def test_no_symbol_at_all() -> None:
    assert refusal({}) == "bars: there is no symbol to test on"


def test_a_symbol_without_a_bar_in_the_window() -> None:
    assert refusal({"AAPL": bars(QUIET), "MSFT": []}) == "bars: MSFT has no bar in the window"


def test_unsorted_bars_name_the_row() -> None:
    first, second, third = bars(QUIET, QUIET, QUIET)
    assert refusal({"AAPL": [first, third, second]}).startswith("bars: AAPL, bar 3: starts 2024-01-02T14:30")


def test_a_doubled_bar_names_the_row() -> None:
    first, second = bars(QUIET, QUIET)
    assert "AAPL, bar 3" in refusal({"AAPL": [first, second, second]})


def test_a_bar_of_another_symbol() -> None:
    assert refusal({"MSFT": bars(QUIET)}) == "bars: a bar of AAPL is among those of MSFT"


def test_a_symbol_without_an_instrument() -> None:
    inputs = BacktestInputs(STRATEGY, STRATEGY.params, {"AAPL": bars(QUIET)}, {}, settings())
    with pytest.raises(InvalidValue, match="instruments: AAPL has bars but no instrument"):
        run_backtest(inputs)


def test_instruments_of_two_currencies() -> None:
    instruments = {"AAPL": instrument("AAPL"), "SAP": replace(instrument("SAP"), currency="EUR")}
    series = {"AAPL": bars(QUIET), "SAP": bars(QUIET, symbol="SAP")}
    with pytest.raises(InvalidValue, match=r"instruments: one account has one currency"):
        run_backtest(BacktestInputs(STRATEGY, STRATEGY.params, series, instruments, settings()))


def test_parameters_that_the_strategy_does_not_take() -> None:
    inputs = BacktestInputs(
        STRATEGY, Params(fast=300), {"AAPL": bars(QUIET)}, {"AAPL": instrument("AAPL")}, settings()
    )
    with pytest.raises(InvalidValue, match="params: ma_crossover_v1 needs fast < middle < slow"):
        run_backtest(inputs)


@pytest.mark.parametrize("cash", [Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_an_account_without_money(cash: Decimal) -> None:
    with pytest.raises(InvalidValue, match="initial_cash"):
        BacktestSettings(initial_cash=cash)


@pytest.mark.parametrize("commission", [Decimal(-1), Decimal(1001), Decimal("NaN")])
def test_a_commission_that_nobody_takes(commission: Decimal) -> None:
    with pytest.raises(InvalidValue, match="commission_bps"):
        Costs(commission_bps=commission)


def test_an_action_that_is_none_names_the_strategy() -> None:
    from jax.domain.strategy import NO_DECISION

    with pytest.raises(InvalidValue, match="decision: scripted answered action 7"):
        run({0: NO_DECISION._replace(action=7)}, bars(QUIET))
