"""The options that say what a backtest assumes: the same for every command that runs one.

A command's dataclass derives from SettingsOptions and is taken apart by `jax.app.option_fields.taking`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal

import typer

from jax.domain import checks
from jax.domain.backtest_settings import (
    DEFAULT_SIZING,
    AllIn,
    BacktestSettings,
    Costs,
    FillMoment,
    SlippageModel,
)
from jax.domain.errors import InvalidValue

_PANEL = "Account, costs and fills"
# What a setting is called on the command line, and a value that is right.
_FLAGS: Mapping[str, tuple[str, str]] = {
    "initial_cash": ("--cash", "100000"),
    "commission_bps": ("--commission-bps", "10"),
    "commission_per_unit": ("--commission-per-unit", "0.005"),
    "commission_minimum": ("--commission-minimum", "1"),
    "slippage_bps": ("--slippage-bps", "5"),
    "borrow_rate": ("--borrow-rate", "0.03"),
    "participation_fraction": ("--participation", "0.1"),
    "max_open_positions": ("--max-open-positions", "10"),
    "max_daily_loss": ("--max-daily-loss", "1000"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsOptions:
    """What is not given is as BacktestSettings has it."""

    cash: Annotated[
        str,
        typer.Option("--cash", metavar="MONEY", help="What the account begins with.", rich_help_panel=_PANEL),
    ] = "100000"
    commission_bps: Annotated[
        str,
        typer.Option(
            "--commission-bps",
            metavar="BPS",
            help="Of a fill's value, in basis points.",
            rich_help_panel=_PANEL,
        ),
    ] = "10"
    commission_per_unit: Annotated[
        str,
        typer.Option(
            "--commission-per-unit", metavar="MONEY", help="More for each unit.", rich_help_panel=_PANEL
        ),
    ] = "0"
    commission_minimum: Annotated[
        str,
        typer.Option(
            "--commission-minimum",
            metavar="MONEY",
            help="The least that --commission-bps come to.",
            rich_help_panel=_PANEL,
        ),
    ] = "0"
    slippage: Annotated[
        Literal["none", "bps", "linear", "square-root"],
        typer.Option(
            "--slippage",
            help="Always --slippage-bps, or times the fill's share of the bar's volume, or times its root.",
            rich_help_panel=_PANEL,
        ),
    ] = "none"
    slippage_bps: Annotated[
        str,
        typer.Option(
            "--slippage-bps", metavar="BPS", help="How far; needs --slippage.", rich_help_panel=_PANEL
        ),
    ] = "0"
    borrow_rate: Annotated[
        str,
        typer.Option(
            "--borrow-rate",
            metavar="RATE",
            help="What short positions pay a year: 0.03 is 3 %.",
            rich_help_panel=_PANEL,
        ),
    ] = "0"
    sizing: Annotated[
        Literal["risk", "all-in"],
        typer.Option(
            "--sizing", help="As the trader sizes, or all the cash there is.", rich_help_panel=_PANEL
        ),
    ] = "risk"
    fill_at: Annotated[
        Literal["next-open", "next-close"],
        typer.Option("--fill-at", help="Where orders at the market fill.", rich_help_panel=_PANEL),
    ] = "next-open"
    participation: Annotated[
        str | None,
        typer.Option(
            "--participation",
            metavar="FRACTION",
            help="Of a bar's volume that one bar may fill; anything if left out.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    long_only: Annotated[
        bool, typer.Option("--long-only", help="A SELL only ends a position.", rich_help_panel=_PANEL)
    ] = False
    max_open_positions: Annotated[
        int | None,
        typer.Option(
            "--max-open-positions", metavar="COUNT", help="At the same time.", rich_help_panel=_PANEL
        ),
    ] = None
    max_daily_loss: Annotated[
        str | None,
        typer.Option(
            "--max-daily-loss",
            metavar="MONEY",
            help="Nothing is entered on the rest of a day that lost as much.",
            rich_help_panel=_PANEL,
        ),
    ] = None

    def settings(self) -> BacktestSettings:
        """The settings; a usage error names the option that is wrong, and a value that is right."""
        try:
            return BacktestSettings(
                initial_cash=_decimal("initial_cash", self.cash),
                costs=Costs(
                    commission_bps=_decimal("commission_bps", self.commission_bps),
                    commission_per_unit=_decimal("commission_per_unit", self.commission_per_unit),
                    commission_minimum=_decimal("commission_minimum", self.commission_minimum),
                    slippage=SlippageModel(_spelled(self.slippage)),
                    slippage_bps=self._slippage_bps(),
                    borrow_rate=_decimal("borrow_rate", self.borrow_rate),
                ),
                sizing=AllIn() if self.sizing == "all-in" else DEFAULT_SIZING,
                fill_at=FillMoment(_spelled(self.fill_at)),
                participation_fraction=_optional("participation_fraction", self.participation),
                short_selling=not self.long_only,
                max_open_positions=self.max_open_positions,
                max_daily_loss=_optional("max_daily_loss", self.max_daily_loss),
            )
        except InvalidValue as error:
            raise _usage_error(error) from error

    def _slippage_bps(self) -> Decimal:
        coefficient = checks.not_negative("slippage_bps", _decimal("slippage_bps", self.slippage_bps))
        if (self.slippage == "none") != (coefficient == 0):
            raise InvalidValue("slippage_bps", f"{coefficient} does not go with --slippage {self.slippage}")
        return coefficient


def _spelled(choice: str) -> str:
    return choice.replace("-", " ")


def _decimal(field: str, written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation as error:
        raise InvalidValue(field, f"{written!r} is not a decimal number") from error


def _optional(field: str, written: str | None) -> Decimal | None:
    return None if written is None else _decimal(field, written)


def _usage_error(error: InvalidValue) -> typer.BadParameter:
    flag, example = _FLAGS[error.field]
    remedy = f"pass {flag} {example}, for example"
    if flag == "--slippage-bps":
        remedy = f"pass --slippage bps {flag} {example}, for example, or neither"
    return typer.BadParameter(f"{error.problem}; {remedy}", param_hint=flag)
