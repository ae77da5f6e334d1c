"""Everything that the decision about one order depends on, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks
from jax.domain.account import AccountSnapshot
from jax.domain.controls import AccountControls
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.order import OrderLeg, OrderType
from jax.domain.quote import Quote
from jax.domain.risk.open_orders import LeavingOrders, OrderSums
from jax.domain.risk.recent_orders import OrderRun
from jax.domain.risk_limits import RiskLimits
from jax.domain.risk_profile import RiskProfile
from jax.domain.session import ExchangeSession
from jax.domain.side import Side
from jax.domain.signal import Signal


@dataclass(frozen=True, slots=True)
class WantedEntry:
    """The entry of `signal`, whose artifact was approved with `profile`; the decision sizes it."""

    signal: Signal
    order_type: OrderType
    profile: RiskProfile

    @property
    def strategy(self) -> str:
        """Whose mode holds."""
        return self.signal.strategy


@dataclass(frozen=True, slots=True)
class WantedExit:
    """A way out of the trade of `signal_id`: `quantity` units of `side`, by `leg` (any but ENTRY).

    `held` is what the trade still holds: what its entry has filled less what its exits have.
    """

    signal_id: str
    strategy: str
    symbol: str
    side: Side
    leg: OrderLeg
    quantity: Decimal
    held: Decimal

    def __post_init__(self) -> None:
        if self.leg is OrderLeg.ENTRY:
            raise InvalidValue("leg", "an entry is no way out; want it as a WantedEntry")


@dataclass(frozen=True, slots=True)
class Holding:
    """`signed_quantity` units, each worth `unit_value`: newest price x multiplier; None when unknown."""

    signed_quantity: Decimal
    unit_value: Decimal | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the account's entries have come; those that are later than now count as well.

    Of the last minute: `orders` counts them, `run` is the one that has taken most tokens (None without an
    order), `of_artifact` counts those of the wanted one's artifact in every account, and `cycle_notional`
    is what they were worth. `last_alike` is when the newest of the wanted symbol and side was recorded, None
    when there is none that a limit could ask about.
    """

    orders: int
    run: OrderRun | None
    of_artifact: int
    cycle_notional: Decimal
    last_alike: datetime | None


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the account has, holds, waits for and did.

    `opening_equity` is its net liquidation when the session opened, or the first that was known since;
    `reserved` what open orders may cost (`cost_of`), read before the broker was asked for `snapshot`: one
    that fills in between counts twice rather than not at all. `realized_today` and `risk_taken_today` (>= 0:
    the sum of the risk amounts of entries) are since the session opened; `session_profits` are the realised
    profits of the sessions that are over. All in the account's currency. `holdings` and `open_orders` are by
    symbol.
    """

    snapshot: AccountSnapshot
    opening_equity: Decimal
    reserved: Decimal
    holdings: Mapping[str, Holding]
    open_orders: Mapping[str, OrderSums]
    realized_today: Decimal
    risk_taken_today: Decimal
    session_profits: tuple[Decimal, ...] = ()


@dataclass(frozen=True, slots=True)
class Market:
    """The newest quote of the wanted symbol, and the last session of its exchange that has opened."""

    quote: Quote | None
    session: ExchangeSession | None


@dataclass(frozen=True, slots=True)
class Route:
    """Where the order would go: `venue` is the broker's name, `is_live` whether it spends real money.

    `kills` says which kill switches are engaged besides the account's: a file, the bridge's.
    """

    venue: str
    is_live: bool
    execution_enabled: bool
    dry_run: bool = False
    kills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskInputs:
    """One entry that is wanted, and the state of everything at `now` (UTC)."""

    wanted: WantedEntry
    instrument: Instrument
    account: AccountState
    market: Market
    limits: RiskLimits
    controls: AccountControls
    route: Route
    pace: Pace
    now: datetime

    def __post_init__(self) -> None:
        checks.utc("now", self.now)


@dataclass(frozen=True, slots=True)
class ExitInputs:
    """One way out that is wanted, and what it is judged by: nothing that a broker would have to be asked for.

    `signed_quantity` is what the account holds of the symbol, `leaving` the open exits of its side.
    """

    wanted: WantedExit
    signed_quantity: Decimal
    leaving: LeavingOrders
    controls: AccountControls
    route: Route


@dataclass(frozen=True, slots=True)
class EntryCase:
    """An entry under the tighter of the account's limits and its artifact's: what the rules judge."""

    inputs: RiskInputs
    limits: RiskLimits

    @property
    def wanted(self) -> WantedEntry:
        """What is wanted."""
        return self.inputs.wanted

    @property
    def signal(self) -> Signal:
        """The signal whose entry is wanted."""
        return self.inputs.wanted.signal
