"""The options that say what a backtest assumes, and how they refuse."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner, Result

from jax.app.option_fields import taking
from jax.app.research.settings_options_cli import SettingsOptions
from jax.domain.backtest_settings import (
    DEFAULT_SIZING,
    AllIn,
    BacktestSettings,
    Costs,
    FillMoment,
    SlippageModel,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms(SettingsOptions):
    strategy: Annotated[str, typer.Argument()]


def _asked(*options: str) -> tuple[Result, list[BacktestSettings]]:
    app, heard = typer.Typer(), list[BacktestSettings]()

    @app.command()
    @taking(_Terms)
    def run(terms: _Terms) -> None:
        heard.append(terms.settings())

    return CliRunner().invoke(app, [*options, "momentum"]), heard


def _settings(*options: str) -> BacktestSettings:
    result, heard = _asked(*options)
    assert result.exit_code == 0, result.output
    return heard[0]


def _refusal(*options: str) -> str:
    result, heard = _asked(*options)
    assert (result.exit_code, heard) == (2, [])
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.output).split())


def test_without_options_the_settings_are_the_defaults() -> None:
    assert _settings() == BacktestSettings()


def test_every_option_reaches_its_setting() -> None:
    costs = ("--commission-bps", "1.5", "--commission-per-unit", "0.005", "--commission-minimum", "2")
    slippage = ("--slippage", "linear", "--slippage-bps", "7", "--borrow-rate", "0.03")
    fills = ("--fill-at", "next-close", "--participation", "0.1", "--sizing", "all-in", "--long-only")
    limits = ("--max-open-positions", "3", "--max-daily-loss", "500", "--cash", "20000.50")
    assert _settings(*costs, *slippage, *fills, *limits) == BacktestSettings(
        initial_cash=Decimal("20000.50"),
        costs=Costs(
            commission_bps=Decimal("1.5"),
            commission_per_unit=Decimal("0.005"),
            commission_minimum=Decimal(2),
            slippage=SlippageModel.LINEAR,
            slippage_bps=Decimal(7),
            borrow_rate=Decimal("0.03"),
        ),
        sizing=AllIn(),
        fill_at=FillMoment.NEXT_CLOSE,
        participation_fraction=Decimal("0.1"),
        short_selling=False,
        max_open_positions=3,
        max_daily_loss=Decimal(500),
    )


@pytest.mark.parametrize(
    ("spelled", "model"),
    [
        ("bps", SlippageModel.BPS),
        ("linear", SlippageModel.LINEAR),
        ("square-root", SlippageModel.SQUARE_ROOT),
    ],
)
def test_slippage_is_spelled_with_hyphens(spelled: str, model: SlippageModel) -> None:
    assert _settings("--slippage", spelled, "--slippage-bps", "5").costs.slippage is model


def test_risk_is_the_sizing_of_the_trader_and_next_open_the_moment() -> None:
    settings = _settings("--sizing", "risk", "--fill-at", "next-open")
    assert (settings.sizing, settings.fill_at) == (DEFAULT_SIZING, FillMoment.NEXT_OPEN)


@pytest.mark.parametrize(
    ("flag", "value", "problem", "remedy"),
    [
        ("--cash", "0", "must be above zero, not 0", "pass --cash 100000"),
        ("--cash", "nan", "NaN is not a finite number", "pass --cash 100000"),
        ("--cash", "a lot", "'a lot' is not a decimal number", "pass --cash 100000"),
        ("--commission-bps", "-1", "must not be negative", "pass --commission-bps 10"),
        ("--commission-bps", "1001", "must be at most 1000, not 1001", "pass --commission-bps 10"),
        ("--commission-per-unit", "inf", "Infinity is not a finite", "pass --commission-per-unit 0.005"),
        ("--commission-minimum", "-2", "must not be negative", "pass --commission-minimum 1"),
        ("--borrow-rate", "11", "must be at most 10, not 11", "pass --borrow-rate 0.03"),
        ("--participation", "2", "must be above 0 and at most 1, not 2", "pass --participation 0.1"),
        ("--participation", "0", "must be above 0 and at most 1, not 0", "pass --participation 0.1"),
        ("--max-open-positions", "0", "must be at least 1, not 0", "pass --max-open-positions 10"),
        ("--max-daily-loss", "0", "must be above zero, not 0", "pass --max-daily-loss 1000"),
    ],
)
def test_refuses_a_bad_value_naming_the_flag_and_a_right_one(
    flag: str, value: str, problem: str, remedy: str
) -> None:
    said = _refusal(flag, value)
    assert f"Invalid value for {flag}: " in said
    assert problem in said
    assert f"{remedy}, for example" in said


@pytest.mark.parametrize(
    "flag",
    [
        *("--cash", "--commission-bps", "--commission-per-unit", "--commission-minimum", "--slippage-bps"),
        *("--borrow-rate", "--participation", "--max-daily-loss"),
    ],
)
def test_refuses_what_is_no_number_naming_its_flag(flag: str) -> None:
    said = _refusal(flag, "plenty")
    assert f"Invalid value for {flag}: 'plenty' is not a decimal number" in said


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--slippage", "bps"), "0 does not go with --slippage bps"),
        (("--slippage-bps", "5"), "5 does not go with --slippage none"),
        (("--slippage", "linear", "--slippage-bps", "1001"), "must be at most 1000"),
        (("--slippage", "bps", "--slippage-bps", "-1"), "must not be negative"),
        (("--slippage", "bps", "--slippage-bps", "nan"), "NaN is not a finite number"),
    ],
)
def test_slippage_and_its_size_go_together(options: tuple[str, ...], problem: str) -> None:
    said = _refusal(*options)
    assert f"Invalid value for --slippage-bps: {problem}" in said
    assert "pass --slippage bps --slippage-bps 5, for example, or neither" in said


@pytest.mark.parametrize("flag", ["--slippage", "--sizing", "--fill-at"])
def test_refuses_a_choice_that_there_is_not_naming_those_there_are(flag: str) -> None:
    said = _refusal(flag, "whatever")
    assert flag in said
    assert "is not one of" in said
