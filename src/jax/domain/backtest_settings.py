"""What a backtest assumes about the account, its costs and its fills."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from jax.domain import checks
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue
from jax.domain.position_sizing import SizingLimits
from jax.domain.risk_profile import RiskProfile

_LARGEST_BPS = Decimal(1000)
_LARGEST_BORROW = Decimal(10)
DEFAULT_SIZING = SizingLimits(
    max_risk_per_trade_fraction=Decimal("0.01"),
    min_position_size=Decimal(1),
    max_position_size=Decimal(1000),
    max_position_value_fraction=Decimal("0.20"),
)


def _within(field: str, value: Decimal, largest: Decimal) -> None:
    checks.not_negative(field, value)
    if not (value <= largest):
        raise InvalidValue(field, f"must be at most {largest}, not {value}")


@dataclass(frozen=True, slots=True)
class AllIn:
    """Every entry takes all the cash there is at the moment of its fill, in fractions of a unit."""


class SlippageModel(StrEnum):
    """How far a fill at the market lies from the price, as a share of the coefficient.

    With v the filled quantity over the bar's volume: BPS always the whole, LINEAR times v, SQUARE_ROOT times
    the root of v.
    """

    NONE = "none"
    BPS = "bps"
    LINEAR = "linear"
    SQUARE_ROOT = "square root"


class FillMoment(StrEnum):
    """When a market order decided at a bar's close fills: at the open or at the close of the next bar."""

    NEXT_OPEN = "next open"
    NEXT_CLOSE = "next close"


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading costs; money in the account's currency.

    A fill pays the larger of `commission_minimum` (>= 0) and `commission_bps` of its value, in [0, 1000]
    (10 is 0.1 %), plus `commission_per_unit` (>= 0) a unit. `slippage_bps` in [0, 1000] is the coefficient
    of `slippage`. `borrow_rate` in [0, 10] is what short positions pay a year (of 365 days) of their value.
    """

    commission_bps: Decimal = Decimal(10)
    commission_per_unit: Decimal = Decimal(0)
    commission_minimum: Decimal = Decimal(0)
    slippage: SlippageModel = SlippageModel.NONE
    slippage_bps: Decimal = Decimal(0)
    borrow_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        for field in ("commission_per_unit", "commission_minimum"):
            checks.not_negative(field, getattr(self, field))
        _within("commission_bps", self.commission_bps, _LARGEST_BPS)
        _within("slippage_bps", self.slippage_bps, _LARGEST_BPS)
        _within("borrow_rate", self.borrow_rate, _LARGEST_BORROW)
        if (self.slippage is SlippageModel.NONE) != (self.slippage_bps == 0):
            raise InvalidValue(
                "slippage_bps", f"{self.slippage_bps} does not go with slippage {self.slippage.value!r}"
            )


DEFAULT_COSTS = Costs()


@dataclass(frozen=True, slots=True)
class BacktestSettings:
    """The account and its rules: cash in the instruments' one currency, above zero.

    One bar fills at most `participation_fraction` of its volume, in (0, 1]; None fills any quantity.
    Without `short_selling` a SELL only ends a position. With `max_daily_loss` (above zero) nothing is entered
    for the rest of a UTC day on which the equity has fallen by that much since the day before ended.
    """

    initial_cash: Decimal = Decimal(100_000)
    costs: Costs = DEFAULT_COSTS
    sizing: SizingLimits | AllIn = DEFAULT_SIZING
    fill_at: FillMoment = FillMoment.NEXT_OPEN
    participation_fraction: Decimal | None = None
    short_selling: bool = True
    max_open_positions: int | None = None
    max_daily_loss: Decimal | None = None

    def __post_init__(self) -> None:
        checks.positive("initial_cash", self.initial_cash)
        if self.participation_fraction is not None:
            checks.fraction("participation_fraction", self.participation_fraction)
        if self.max_open_positions is not None and not (self.max_open_positions >= 1):
            raise InvalidValue("max_open_positions", f"must be at least 1, not {self.max_open_positions}")
        if self.max_daily_loss is not None:
            checks.positive("max_daily_loss", self.max_daily_loss)

    def under(self, profile: RiskProfile) -> "BacktestSettings":
        """These settings within the limits that people approve with a strategy: the tighter of each pair.

        What a profile says of prices, venues and orders a minute is for the trader alone to hold.
        """
        sizing = self.sizing
        if not isinstance(sizing, AllIn):
            sizing = replace(
                sizing,
                max_position_value_fraction=min(
                    sizing.max_position_value_fraction, profile.max_position_fraction
                ),
                max_order_notional=_tightest(sizing.max_order_notional, profile.max_order_notional),
            )
        return replace(
            self, sizing=sizing, max_daily_loss=_tightest(self.max_daily_loss, profile.max_daily_loss)
        )


def settings_document(settings: BacktestSettings) -> dict[str, Json]:
    """Every setting as JSON: decimals as texts, null for what does not limit."""
    costs, sizing = settings.costs, settings.sizing
    return {
        "initial_cash": plain(settings.initial_cash),
        "costs": {name: _told(getattr(costs, name)) for name in costs.__slots__},
        "sizing": "all in"
        if isinstance(sizing, AllIn)
        else {name: _told(getattr(sizing, name)) for name in sizing.__slots__},
        "fill_at": settings.fill_at.value,
        "participation_fraction": _told(settings.participation_fraction),
        "short_selling": settings.short_selling,
        "max_open_positions": settings.max_open_positions,
        "max_daily_loss": _told(settings.max_daily_loss),
    }


def _tightest(limit: Decimal | None, other: Decimal) -> Decimal:
    """The smaller limit; None does not limit."""
    return other if limit is None else min(limit, other)


def _told(value: Decimal | StrEnum | None) -> str | None:
    if value is None:
        return None
    return value.value if isinstance(value, StrEnum) else plain(value)
