"""How much an account may risk, as its owner says."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderType
from jax.domain.position_sizing import SizingLimits

_A_MINUTE = timedelta(seconds=60)
_POSITIVE = (
    *("max_daily_loss", "price_collar_fraction", "max_gross_exposure_fraction", "max_net_exposure_fraction"),
    *("max_stop_distance_fraction", "max_quote_lead_seconds"),
)
_POSITIVE_OR_NONE = (
    *("max_daily_risk", "max_quote_age_seconds", "repeat_after_seconds", "max_cycle_notional_fraction"),
)


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """What one account may do; None is no limit, and no default is None but that of `max_daily_risk`.

    Money is in the account's currency, above zero. Of the sizing's limits those of value and size hold for
    the whole position with its working orders, that of the notional for one order. `max_open_positions`
    counts symbols that are held or ordered. `max_daily_risk` bounds the sum of what the entries of a session
    risked; None: as much as `max_daily_loss`. An entry may lie at most `price_collar_fraction` of the market
    away from it; a quote may be `max_quote_age_seconds` old, and `max_quote_lead_seconds` ahead of our
    clock. The stop lies between `min_stop_distance_fraction` (>= 0) and `max_stop_distance_fraction` of the
    entry price away. Exposures are fractions of net liquidation and may be above 1; with
    `one_direction_per_symbol` no entry goes against what is held or ordered of its symbol.

    At most `max_orders_per_minute` orders are recorded in any 60 seconds, of which `order_burst` may come at
    once (a token bucket that the minute's rate refills); two of one symbol and side are
    `repeat_after_seconds` apart. `cash_reserve_fraction` (0 to 1) of net liquidation stays in cash, None:
    cash may be borrowed; `set_aside_profit_fraction` (0 to 1) of each winning session's profit is added to
    it. One cycle orders at most `max_cycle_notional_fraction` of net liquidation.
    """

    sizing: SizingLimits
    max_open_positions: int
    max_daily_loss: Decimal
    max_daily_risk: Decimal | None = None
    price_collar_fraction: Decimal = Decimal("0.10")
    max_quote_age_seconds: Decimal | None = Decimal(60)
    max_quote_lead_seconds: Decimal = Decimal(1)
    min_stop_distance_fraction: Decimal = Decimal("0.0005")
    max_stop_distance_fraction: Decimal = Decimal("0.5")
    max_gross_exposure_fraction: Decimal = Decimal(1)
    max_net_exposure_fraction: Decimal = Decimal(1)
    one_direction_per_symbol: bool = True
    max_orders_per_minute: int = 30
    order_burst: int = 10
    repeat_after_seconds: Decimal | None = Decimal(10)
    restricted_symbols: frozenset[str] = frozenset()
    allowed_order_types: tuple[str, ...] = (OrderType.LIMIT, OrderType.MARKET)
    must_be_in_session: bool = True
    cash_reserve_fraction: Decimal | None = Decimal(0)
    set_aside_profit_fraction: Decimal = Decimal("0.5")
    max_cycle_notional_fraction: Decimal | None = Decimal("0.5")

    def __post_init__(self) -> None:
        for field in _POSITIVE:
            checks.positive(field, getattr(self, field))
        for field in _POSITIVE_OR_NONE:
            if getattr(self, field) is not None:
                checks.positive(field, getattr(self, field))
        checks.not_negative("min_stop_distance_fraction", self.min_stop_distance_fraction)
        for field in ("set_aside_profit_fraction", "cash_reserve_fraction"):
            share = getattr(self, field)
            if share is not None and not (checks.not_negative(field, share) <= 1):
                raise InvalidValue(field, f"must be at most 1, not {share}")
        for field in ("max_open_positions", "max_orders_per_minute", "order_burst"):
            if not (getattr(self, field) >= 1):
                raise InvalidValue(field, f"must be at least 1, not {getattr(self, field)}")
        for symbol in self.restricted_symbols:
            checks.symbol("restricted_symbols", symbol)

    @property
    def daily_risk(self) -> Decimal:
        """What the entries of one session may risk together."""
        if self.max_daily_risk is None:
            return self.max_daily_loss
        return self.max_daily_risk

    @property
    def orders_looked_back(self) -> timedelta:
        """How far back an order still counts against the pace of the next."""
        return max(_A_MINUTE, timedelta(seconds=float(self.repeat_after_seconds or 0)))
