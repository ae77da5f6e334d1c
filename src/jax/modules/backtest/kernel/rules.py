"""Settings of a backtest as the loops read them: floats and ints alone."""

import math
from typing import NamedTuple

from jax.domain.backtest_settings import AllIn, BacktestSettings, FillMoment, SlippageModel
from jax.domain.position_sizing import SizingLimits

_BPS = 10_000.0
_NO_LIMIT = 2**31 - 1
_MODELS = {
    SlippageModel.NONE: 0,
    SlippageModel.BPS: 1,
    SlippageModel.LINEAR: 2,
    SlippageModel.SQUARE_ROOT: 3,
}


class Rules(NamedTuple):
    """Rates are fractions; what does not limit is infinite; `slippage_model` counts into SlippageModel."""

    initial_cash: float
    commission_rate: float
    commission_per_unit: float
    commission_minimum: float
    slippage_model: int
    slippage_rate: float
    borrow_rate: float
    participation: float
    fill_at_close: bool
    all_in: bool
    risk_fraction: float
    min_size: float
    max_size: float
    value_fraction: float
    max_notional: float
    short_selling: bool
    max_open_positions: int
    max_daily_loss: float


class Contract(NamedTuple):
    """What of an instrument a fill needs: the value of one unit at a price of 1, and the lot in units."""

    unit: float
    lot: float


def rules_of(settings: BacktestSettings) -> Rules:
    """`settings`, each Decimal as its nearest float."""
    costs, sizing = settings.costs, settings.sizing
    limits = None if isinstance(sizing, AllIn) else sizing
    return Rules(
        initial_cash=float(settings.initial_cash),
        commission_rate=float(costs.commission_bps) / _BPS,
        commission_per_unit=float(costs.commission_per_unit),
        commission_minimum=float(costs.commission_minimum),
        slippage_model=_MODELS[costs.slippage],
        slippage_rate=float(costs.slippage_bps) / _BPS,
        borrow_rate=float(costs.borrow_rate),
        participation=_or_infinite(settings.participation_fraction),
        fill_at_close=settings.fill_at is FillMoment.NEXT_CLOSE,
        all_in=limits is None,
        risk_fraction=0.0 if limits is None else float(limits.max_risk_per_trade_fraction),
        min_size=0.0 if limits is None else float(limits.min_position_size),
        max_size=_max_size(limits),
        value_fraction=0.0 if limits is None else float(limits.max_position_value_fraction),
        max_notional=_or_infinite(None if limits is None else limits.max_order_notional),
        short_selling=settings.short_selling,
        max_open_positions=settings.max_open_positions or _NO_LIMIT,
        max_daily_loss=_or_infinite(settings.max_daily_loss),
    )


def _or_infinite(value: object) -> float:
    return math.inf if value is None else float(str(value))


def _max_size(limits: SizingLimits | None) -> float:
    # A maximum of zero means no cap.
    return math.inf if limits is None or limits.max_position_size == 0 else float(limits.max_position_size)
