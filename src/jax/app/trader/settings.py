"""What the environment may say to the trader, checked before anything starts."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator

from jax.app.console import CommandFailed
from jax.app.service_settings import HttpUrl, ServiceSettings, Token, address_like, settings_of_environment
from jax.app.setting_numbers import AtLeastOne, Fraction, NotNegative, Positive, Share
from jax.app.trader.raising_epoch import TakeOverWord
from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.order import OrderType
from jax.domain.position_sizing import SizingLimits
from jax.domain.risk_limits import RiskLimits
from jax.domain.tick_limits import TickLimits

_FEED = "ws://localhost:8094/ticks"
_ORDER_TYPES = {"LMT": OrderType.LIMIT, "MKT": OrderType.MARKET}
# What goes wrong between two settings is named by the domain; this is the setting to change.
_VARIABLES = {"max_position_size": "MAX_POSITION_SIZE", "restricted_symbols": "RESTRICTED_SYMBOLS"}


def _account(written: str) -> str:
    return checks.text("", written, longest=64)


def _a_minute_or_more(seconds: Decimal) -> Decimal:
    if not (60 <= seconds <= 86_400):
        raise InvalidValue("", "must be from 60 to 86400")
    return seconds


class TraderSettings(ServiceSettings):
    """The trader's variables.

    0 does not limit: MAX_POSITION_SIZE, MAX_CYCLE_NOTIONAL_PCT, REPEAT_AFTER_SECONDS, MAX_QUOTE_AGE_SECONDS.
    With RUN_EVERY_SECONDS=0 approved signals wait for POST /api/v1/execute.
    """

    never_shown: ClassVar[frozenset[str]] = ServiceSettings.never_shown | {
        "IB_BRIDGE_URL",
        "IB_BRIDGE_TOKEN",
        "FEED_URL",
        "FEED_TOKEN",
    }

    EXECUTION_ENABLED: bool = False
    MODE: Literal["paper", "shadow"] = "paper"
    BROKER: Literal["paper", "bridge"] = "paper"
    BROKER_ACCOUNT: Annotated[str, AfterValidator(_account)] = "paper"
    IB_BRIDGE_TOKEN: Token | None = None
    IB_BRIDGE_URL: HttpUrl = "http://localhost:8092"
    MAX_RISK_PER_TRADE: Fraction = Decimal("0.01")
    MIN_POSITION_SIZE: Positive = Decimal(1)
    MAX_POSITION_SIZE: NotNegative = Decimal(1000)
    MAX_POSITION_VALUE_PCT: Fraction = Decimal("0.20")
    MAX_ORDER_NOTIONAL: Positive | None = None
    MAX_OPEN_POSITIONS: AtLeastOne = 5
    MAX_DAILY_LOSS: Positive = Decimal("1000.0")
    MAX_DAILY_RISK: Positive | None = None
    MAX_GROSS_EXPOSURE_PCT: Positive = Decimal(1)
    MAX_NET_EXPOSURE_PCT: Positive = Decimal(1)
    ONE_DIRECTION_PER_SYMBOL: bool = True
    CASH_RESERVE_PCT: Share = Decimal(0)
    SET_ASIDE_PROFIT_PCT: Share = Decimal("0.5")
    MAX_CYCLE_NOTIONAL_PCT: NotNegative = Decimal("0.5")
    MAX_ORDERS_PER_MINUTE: AtLeastOne = 30
    ORDER_BURST: AtLeastOne = 10
    REPEAT_AFTER_SECONDS: NotNegative = Decimal(10)
    PRICE_COLLAR_PCT: Positive = Decimal("0.10")
    MIN_STOP_DISTANCE_PCT: NotNegative = Decimal("0.0005")
    MAX_STOP_DISTANCE_PCT: Positive = Decimal("0.5")
    MAX_QUOTE_AGE_SECONDS: NotNegative = Decimal(60)
    MAX_QUOTE_LEAD_SECONDS: Positive = Decimal(1)
    MUST_BE_IN_SESSION: bool = True
    RESTRICTED_SYMBOLS: str = ""
    DEFAULT_ORDER_TYPE: Literal["LMT", "MKT"] = "LMT"
    UNPROTECTED_SECONDS: Positive = Decimal(10)
    TAKE_OVER_FROM_EPOCH: AtLeastOne | None = None
    TAKE_OVER_BY: str = ""
    TAKE_OVER_REASON: str = ""
    RUN_EVERY_SECONDS: NotNegative = Decimal(5)
    MARKET_FEED: Literal["none", "bridge", "websocket", "replay"] = "none"
    FEED_URL: Annotated[str, AfterValidator(address_like(_FEED))] = _FEED
    FEED_TOKEN: Token | None = None
    FEED_POLL_SECONDS: Positive = Decimal(1)
    FEED_LATENESS_SECONDS: NotNegative = Decimal(2)
    FEED_SILENCE_SECONDS: Annotated[Decimal, AfterValidator(_a_minute_or_more)] = Decimal(120)
    FEED_FILE: str = "bars.jsonl"
    FEED_SPEED: Literal["1", "10", "100", "max"] = "1"

    @property
    def is_shadow(self) -> bool:
        """Whether it decides and places nothing."""
        return self.MODE == "shadow"

    @property
    def takes_bars_of_any_age(self) -> bool:
        """Whether bars of another time may be acted on, as when trying things out on history."""
        return self.MAX_QUOTE_AGE_SECONDS == 0

    @property
    def unprotected_limit(self) -> timedelta:
        """How long a position may stand without a stop that the broker has acknowledged."""
        return timedelta(seconds=float(self.UNPROTECTED_SECONDS))

    @property
    def take_over(self) -> TakeOverWord | None:
        """What a person has said about an account that the broker knows under a later epoch."""
        if self.TAKE_OVER_FROM_EPOCH is None:
            return None
        return TakeOverWord(self.TAKE_OVER_FROM_EPOCH, self.TAKE_OVER_BY, self.TAKE_OVER_REASON)

    @property
    def bridge_token(self) -> str | None:
        """The bearer token of the bridge: for its client alone."""
        return None if self.IB_BRIDGE_TOKEN is None else self.IB_BRIDGE_TOKEN.get_secret_value()

    @property
    def feed_token(self) -> str | None:
        """The bearer token of the WebSocket feed: for its client alone."""
        return None if self.FEED_TOKEN is None else self.FEED_TOKEN.get_secret_value()

    @property
    def replay_speed(self) -> float | None:
        """How many times as fast as it was; None for as fast as can be."""
        return None if self.FEED_SPEED == "max" else float(self.FEED_SPEED)

    @property
    def tick_limits(self) -> TickLimits:
        """How much disorder of ticks is put up with."""
        lateness = timedelta(seconds=float(self.FEED_LATENESS_SECONDS))
        silence = timedelta(seconds=float(self.FEED_SILENCE_SECONDS))
        return TickLimits(lateness=lateness, silence=silence)

    @property
    def order_type(self) -> OrderType:
        """The domain's word for DEFAULT_ORDER_TYPE."""
        return _ORDER_TYPES[self.DEFAULT_ORDER_TYPE]

    def risk_limits(self) -> RiskLimits:
        """The limits as the domain has them; InvalidValue when two of them contradict each other."""
        sizing = SizingLimits(
            max_risk_per_trade_fraction=self.MAX_RISK_PER_TRADE,
            min_position_size=self.MIN_POSITION_SIZE,
            max_position_size=self.MAX_POSITION_SIZE,
            max_position_value_fraction=self.MAX_POSITION_VALUE_PCT,
            max_order_notional=self.MAX_ORDER_NOTIONAL,
        )
        return RiskLimits(
            sizing=sizing,
            max_open_positions=self.MAX_OPEN_POSITIONS,
            max_daily_loss=self.MAX_DAILY_LOSS,
            max_daily_risk=self.MAX_DAILY_RISK,
            max_gross_exposure_fraction=self.MAX_GROSS_EXPOSURE_PCT,
            max_net_exposure_fraction=self.MAX_NET_EXPOSURE_PCT,
            one_direction_per_symbol=self.ONE_DIRECTION_PER_SYMBOL,
            cash_reserve_fraction=self.CASH_RESERVE_PCT,
            set_aside_profit_fraction=self.SET_ASIDE_PROFIT_PCT,
            max_cycle_notional_fraction=self.MAX_CYCLE_NOTIONAL_PCT or None,
            max_orders_per_minute=self.MAX_ORDERS_PER_MINUTE,
            order_burst=self.ORDER_BURST,
            repeat_after_seconds=self.REPEAT_AFTER_SECONDS or None,
            price_collar_fraction=self.PRICE_COLLAR_PCT,
            min_stop_distance_fraction=self.MIN_STOP_DISTANCE_PCT,
            max_stop_distance_fraction=self.MAX_STOP_DISTANCE_PCT,
            max_quote_age_seconds=self.MAX_QUOTE_AGE_SECONDS or None,
            max_quote_lead_seconds=self.MAX_QUOTE_LEAD_SECONDS,
            must_be_in_session=self.MUST_BE_IN_SESSION,
            restricted_symbols=frozenset(
                part.strip() for part in self.RESTRICTED_SYMBOLS.split(",") if part.strip()
            ),
        )


def load_settings() -> TraderSettings:
    """The settings that the environment gives.

    CommandFailed names every variable that cannot be used and what would be right, and shows no secret.
    """
    settings = settings_of_environment(TraderSettings)
    if settings.is_shadow:
        _check_shadow(settings)
    try:
        settings.risk_limits()
        if settings.take_over is not None:
            checks.text("TAKE_OVER_BY", settings.TAKE_OVER_BY)
            checks.text("TAKE_OVER_REASON", settings.TAKE_OVER_REASON, longest=1000)
    except InvalidValue as error:
        variable = _VARIABLES.get(error.field, error.field)
        raise CommandFailed(f"{variable}: {error.problem}; change {variable} or unset it") from None
    return settings


def _check_shadow(settings: TraderSettings) -> None:
    if settings.EXECUTION_ENABLED:
        raise CommandFailed("EXECUTION_ENABLED=true: MODE=shadow places nothing; unset one of the two")
    if settings.BROKER != "bridge":
        raise CommandFailed(
            "BROKER=paper: MODE=shadow reads account and quotes where they are traded; set BROKER=bridge"
        )
