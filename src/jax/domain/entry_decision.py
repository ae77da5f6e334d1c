"""Whether a signal may become an order, and how large: a pure function of recorded inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks
from jax.domain.account import AccountSnapshot
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.position import Position
from jax.domain.position_sizing import SizingLimits, SizingRequest, size_position
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied, RiskDecision
from jax.domain.signal import Signal


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """`max_daily_loss` is in the account's currency, above zero; `max_open_positions` counts symbols."""

    sizing: SizingLimits
    max_open_positions: int
    max_daily_loss: Decimal

    def __post_init__(self) -> None:
        checks.positive("max_daily_loss", self.max_daily_loss)
        if self.max_open_positions < 1:
            raise InvalidValue("max_open_positions", f"must be at least 1, not {self.max_open_positions}")


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the account is in already.

    `symbols_with_open_orders` are reserved as if they were held; `realized_today` is the profit realised
    since the exchange's session opened.
    """

    positions: Mapping[str, Position]
    symbols_with_open_orders: frozenset[str]
    realized_today: Decimal

    @property
    def symbols(self) -> frozenset[str]:
        """Held, or about to be."""
        held = {symbol for symbol, position in self.positions.items() if position.signed_quantity != 0}
        return self.symbols_with_open_orders | held


@dataclass(frozen=True, slots=True)
class EntryInputs:
    """Everything that the decision depends on; `market_price` is the newest known, None when none is."""

    signal: Signal
    instrument: Instrument
    account: AccountSnapshot
    exposure: Exposure
    limits: RiskLimits
    market_price: Decimal | None = None


def decide_entry(inputs: EntryInputs) -> RiskDecision:
    """The size of the order, or the first rule that forbids it."""
    limits, exposure, signal = inputs.limits, inputs.exposure, inputs.signal
    realized = exposure.realized_today
    if not (realized.is_finite() and realized > -limits.max_daily_loss):
        return Denied(
            ReasonCode.DAILY_LOSS_REACHED,
            f"realised {realized} today, the limit is a loss of {limits.max_daily_loss}",
            {"realized_today": realized, "max_daily_loss": limits.max_daily_loss},
        )
    symbols = exposure.symbols
    if signal.symbol not in symbols and not (len(symbols) < limits.max_open_positions):
        return Denied(
            ReasonCode.TOO_MANY_POSITIONS,
            f"{len(symbols)} positions are open or pending, the limit is {limits.max_open_positions}",
            {
                "open_positions": Decimal(len(symbols)),
                "max_open_positions": Decimal(limits.max_open_positions),
            },
        )
    request = SizingRequest(
        symbol=signal.symbol,
        side=signal.side,
        entry_price=signal.entry_price,
        stop_loss=signal.stop_loss,
        net_liquidation=inputs.account.net_liquidation,
        buying_power=inputs.account.buying_power,
        market_price=inputs.market_price,
    )
    return size_position(request, limits.sizing, inputs.instrument)
