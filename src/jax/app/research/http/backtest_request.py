"""What a backtest is asked for with."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import Field

from jax.app.http.decimal_text import DecimalText
from jax.app.research.backtest_run import BacktestRequest
from jax.app.research.http.fields import StrategyName, StrictBody, Symbol
from jax.domain.backtest_settings import (
    DEFAULT_COSTS,
    DEFAULT_SIZING,
    AllIn,
    BacktestSettings,
    Costs,
    FillMoment,
    SlippageModel,
)
from jax.domain.errors import InvalidValue
from jax.domain.position_sizing import SizingLimits

_LAST_MOMENT = timedelta(days=1) - timedelta(microseconds=1)
_DEFAULTS = BacktestSettings()
# The largest whole number that every reader of JSON has exactly.
_LARGEST = 2**53 - 1

Number = Annotated[DecimalText, Field(examples=["10"])]
Param = Annotated[int, Field(strict=True, ge=-_LARGEST, le=_LARGEST, examples=[10])] | DecimalText
_Day = Annotated[date, Field(examples=["2011-12-31"])]
_Whole = Annotated[int, Field(strict=True, le=_LARGEST, examples=[10])]


class CostsBody(StrictBody):
    """What trading costs, in the account's currency; each has the default of the command.

    A fill pays the larger of `commission_minimum` and `commission_bps` of its value, and
    `commission_per_unit` a unit. `slippage_bps` goes with a `slippage` other than none. `borrow_rate` is a
    year's, 0.03 for 3 %.
    """

    commission_bps: Number = DEFAULT_COSTS.commission_bps
    commission_per_unit: Number = DEFAULT_COSTS.commission_per_unit
    commission_minimum: Number = DEFAULT_COSTS.commission_minimum
    slippage: SlippageModel = DEFAULT_COSTS.slippage
    slippage_bps: Number = DEFAULT_COSTS.slippage_bps
    borrow_rate: Number = DEFAULT_COSTS.borrow_rate


class SizingBody(StrictBody):
    """How the trader sizes a position; fractions are of the equity, sizes in units, 0 for no largest one."""

    max_risk_per_trade_fraction: Number = DEFAULT_SIZING.max_risk_per_trade_fraction
    min_position_size: Number = DEFAULT_SIZING.min_position_size
    max_position_size: Number = DEFAULT_SIZING.max_position_size
    max_position_value_fraction: Number = DEFAULT_SIZING.max_position_value_fraction
    max_order_notional: Number | None = DEFAULT_SIZING.max_order_notional


class SettingsBody(StrictBody):
    """What is assumed of account, costs and fills; what is left out is as `jax backtest` has it.

    `sizing` is the trader's or "all in". Null limits nothing.
    """

    initial_cash: Number = _DEFAULTS.initial_cash
    costs: CostsBody = Field(default_factory=lambda: CostsBody.model_validate({}))
    sizing: SizingBody | Literal["all in"] = Field(default_factory=lambda: SizingBody.model_validate({}))
    fill_at: FillMoment = _DEFAULTS.fill_at
    participation_fraction: Number | None = _DEFAULTS.participation_fraction
    short_selling: Annotated[bool, Field(strict=True, examples=[True])] = _DEFAULTS.short_selling
    max_open_positions: _Whole | None = _DEFAULTS.max_open_positions
    max_daily_loss: Number | None = _DEFAULTS.max_daily_loss

    def settings(self) -> BacktestSettings:
        """As the domain has them; InvalidValue names the field of the request."""
        try:
            costs = Costs(**dict(self.costs))
        except InvalidValue as error:
            raise InvalidValue(f"settings.costs.{error.field}", error.problem) from error
        try:
            sizing = AllIn() if self.sizing == "all in" else SizingLimits(**dict(self.sizing))
        except InvalidValue as error:
            raise InvalidValue(f"settings.sizing.{error.field}", error.problem) from error
        try:
            return BacktestSettings(**{**dict(self), "costs": costs, "sizing": sizing})
        except InvalidValue as error:
            raise InvalidValue(f"settings.{error.field}", error.problem) from error


class BacktestBody(StrictBody):
    """A strategy on the bars that end from the first moment of `from` to the last of `to`, UTC.

    Without a day the window is open there; without `symbols` all that have bars are taken. `params` replace
    the strategy's defaults. `benchmark` is what the result is compared with, `market` the series whose trend
    the strategy may see.
    """

    strategy: StrategyName
    symbols: list[Symbol] = Field(default_factory=list, max_length=1000)
    params: dict[str, Param] = Field(
        default_factory=dict, max_length=64, examples=[{"fast": 10, "first_target": "2.5"}]
    )
    first_day: _Day | None = Field(None, alias="from")
    last_day: _Day | None = Field(None, alias="to")
    settings: SettingsBody = Field(default_factory=lambda: SettingsBody.model_validate({}))
    benchmark: Symbol | None = None
    market: Symbol | None = None

    def request(self) -> BacktestRequest:
        """As research takes it; InvalidValue names the field."""
        if self.first_day is not None and self.last_day is not None and not (self.first_day <= self.last_day):
            raise InvalidValue("from", f"{self.first_day} comes after {self.last_day}: turn them round")
        return BacktestRequest(
            strategy=self.strategy,
            data_from=None if self.first_day is None else _midnight(self.first_day),
            data_to=None if self.last_day is None else _midnight(self.last_day) + _LAST_MOMENT,
            symbols=tuple(sorted(set(self.symbols))),
            params=self.params,
            settings=self.settings.settings(),
            benchmark=self.benchmark,
            market=self.market,
        )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
