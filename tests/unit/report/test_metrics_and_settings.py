"""Every metric and every setting is on the page under a name that people read."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from jax.adapters.backtest_report.metrics_table import METRIC_WORDS
from jax.adapters.backtest_report.settings_tables import ACCOUNT_WORDS, COST_WORDS, flat_settings
from jax.domain.backtest_result import BacktestMetrics
from jax.domain.backtest_settings import AllIn, BacktestSettings, Costs, FillMoment, SlippageModel
from jax.domain.position_sizing import SizingLimits
from tests.unit.report.page import Page, page
from tests.unit.report.report_content import METRICS, content, order, result

SETTINGS = BacktestSettings(
    initial_cash=Decimal("250000.50"),
    costs=Costs(
        commission_bps=Decimal("12.5"),
        commission_per_unit=Decimal("0.005"),
        commission_minimum=Decimal(1),
        slippage=SlippageModel.SQUARE_ROOT,
        slippage_bps=Decimal(50),
        borrow_rate=Decimal("0.035"),
    ),
    sizing=SizingLimits(Decimal("0.02"), Decimal(10), Decimal(5000), Decimal("0.25"), Decimal(70_000)),
    fill_at=FillMoment.NEXT_CLOSE,
    participation_fraction=Decimal("0.05"),
    short_selling=False,
    max_open_positions=3,
    max_daily_loss=Decimal(4000),
)


def with_settings(settings: BacktestSettings) -> Page:
    return page(result=result(settings=settings))


def test_every_metric_has_a_name_and_no_two_the_same() -> None:
    assert set(METRIC_WORDS) == {field.name for field in fields(BacktestMetrics)}
    assert len({name for name, _ in METRIC_WORDS.values()}) == len(METRIC_WORDS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Total return", "\N{MINUS SIGN}12.35%"),
        ("Compound growth a year", "1.00%"),
        ("Volatility a year", "20.00%"),
        ("Sharpe ratio", "\N{EN DASH}"),
        ("Sortino ratio", "1.50"),
        ("Calmar ratio", "\N{MINUS SIGN}0.25"),
        ("Deepest drawdown", "25.00%"),
        ("Longest time below a peak, in bars", "1,234"),
        ("Closed trades", "3"),
        ("Trades won", "50.00%"),
        ("Profit factor", "\N{EN DASH}"),
        ("Average win", "1,234.57 USD"),
        ("Average loss", "89.50 USD"),
        ("Largest win", "4,321.50 USD"),
        ("Largest loss", "98.25 USD"),
        ("Time with a position", "75.00%"),
        ("Turnover a year", "3.25 times the equity"),
        ("Alpha a year", "\N{MINUS SIGN}1.50%"),
        ("Beta", "0.88"),
    ],
)
def test_each_metric_is_told_in_its_unit(name: str, value: str) -> None:
    assert page().beside(name) == value


def test_a_metric_that_is_not_defined_is_a_dash() -> None:
    nothing = dict.fromkeys(("win_rate", "average_win", "alpha", "beta", "sortino", "calmar"))
    metrics = replace(METRICS, **nothing)  # type: ignore[arg-type]
    found = page(result=result(metrics=metrics))
    for field in nothing:
        assert found.beside(METRIC_WORDS[field][0]) == "\N{EN DASH}"


def test_the_numbers_at_the_top_are_those_of_the_metrics() -> None:
    words = page().everything()
    assert "\N{MINUS SIGN}12.35% total return 1.00% a year \N{EN DASH} Sharpe ratio 25.00%" in words
    assert "50.0% trades won 102," in words
    assert "USD at the end" in words


def test_a_return_of_ten_times_and_more_needs_no_hundredths_at_the_top() -> None:
    metrics = replace(METRICS, total_return=Decimal("12.3456"), cagr=Decimal("9.99"))
    words = page(result=result(metrics=metrics)).everything()
    assert "1,235% total return 999.00% a year" in words


def test_every_setting_has_a_name_and_no_two_the_same() -> None:
    paths: set[str] = set()
    for settings in (SETTINGS, BacktestSettings(sizing=AllIn())):
        paths.update(flat_settings(content(result=result(settings=settings))))
    words = {**COST_WORDS, **ACCOUNT_WORDS}
    assert paths == set(words)
    assert len({name for name, _ in words.values()}) == len(words)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Commission, of a fill's value", "12.5 bps"),
        ("Commission, a unit", "0.005 USD"),
        ("Commission, at least a fill", "1 USD"),
        ("Slippage at the market", "square root"),
        ("Slippage, coefficient", "50 bps"),
        ("Borrowing for short positions, a year", "3.5%"),
        ("Cash at the start", "250,000.5 USD"),
        ("At risk in a trade, of the equity, at most", "2%"),
        ("Units of an entry, at least", "10"),
        ("Units of an entry, at most", "5,000"),
        ("Value of a position, of the equity, at most", "25%"),
        ("Value of an order, at most", "70,000 USD"),
        ("Orders at the market fill at", "next close"),
        ("Share of a bar's volume that may fill, at most", "5%"),
        ("Short selling", "not allowed"),
        ("Open positions, at most", "3"),
        ("Loss in a day after which nothing is entered", "4,000 USD"),
    ],
)
def test_each_setting_is_told_in_its_unit(name: str, value: str) -> None:
    assert with_settings(SETTINGS).beside(name) == value


def test_what_does_not_limit_is_told_as_no_limit() -> None:
    unlimited = SizingLimits(Decimal("0.01"), Decimal(1), Decimal(0), Decimal(1))
    found = with_settings(BacktestSettings(sizing=unlimited))
    for name in (
        "Units of an entry, at most",
        "Value of an order, at most",
        "Share of a bar's volume that may fill, at most",
        "Open positions, at most",
        "Loss in a day after which nothing is entered",
    ):
        assert found.beside(name) == "no limit", name
    assert found.beside("Short selling") == "allowed"


def test_an_account_that_puts_all_in_says_so() -> None:
    found = with_settings(BacktestSettings(sizing=AllIn()))
    assert found.beside("Size of an entry") == "all in"
    assert "Units of an entry, at least" not in found.cells


def test_what_became_of_the_orders_is_counted() -> None:
    partly = order(filled_quantity=Decimal(4), commission=Decimal("0.2"))
    never = order(filled_quantity=Decimal(0), filled_at=None, price=None, commission=Decimal(0))
    found = page(result=result(orders=(order(), partly, partly, never), refused={"B": 1200, "A": 4}))
    assert found.beside("Orders") == "4"
    assert found.beside("Orders filled in part") == "2"
    assert found.beside("Orders not filled") == "1"
    assert found.beside("Entries refused") == "4 A, 1,200 B"
    assert found.beside("Commission paid in the run") == "0.45 USD"
    assert page(result=result(refused={})).beside("Entries refused") == "none"


def test_commission_is_also_told_as_a_share_of_the_cash() -> None:
    found = page(result=result(orders=(order(commission=Decimal(1234)),)))
    assert found.beside("Commission paid, of the cash at the start") == "1.23%"


def test_an_account_in_coins_is_told_to_the_eighth_place() -> None:
    settings = BacktestSettings(initial_cash=Decimal("0.5"))
    found = page(result=result(settings=settings), currency="BTC")
    assert found.beside("Commission paid in the run") == "0.05000000 BTC"
    assert found.beside("Average loss") == "89.50000000 BTC"
    assert found.drawn()["places"] == 8
