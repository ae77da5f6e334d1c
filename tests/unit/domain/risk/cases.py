"""One order that every rule lets pass, to be changed part by part."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from jax.domain.controls import AccountControls, Arming, ModeChange, Said, TradingMode
from jax.domain.order import OrderLeg, OrderType
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.decide import decide
from jax.domain.risk.inputs import (
    ExitInputs,
    Holding,
    Market,
    RiskInputs,
    Route,
    WantedEntry,
    WantedExit,
)
from jax.domain.risk.open_orders import OpenOrder
from jax.domain.risk.recent_orders import RecentOrder
from jax.domain.risk_decision import Approved, Denied
from jax.domain.risk_limits import RiskLimits
from jax.domain.side import Side
from tests.unit.domain.examples import (
    HASH,
    NOON,
    a_profile,
    a_quote,
    a_session,
    a_signal,
    an_account,
    an_instrument,
    some_limits,
)
from tests.unit.domain.risk.told import Told, ToldAccount, ToldPace, leaving_of

# Half an hour after the session of the examples has opened.
NOW = NOON + timedelta(hours=3)
SAID = Said("why not", "olivia", NOON)


def seconds_ago(seconds: str) -> Any:
    return NOW - timedelta(microseconds=int(Decimal(seconds) * 1_000_000))


def limits(**changes: Any) -> RiskLimits:
    """The defaults, beside what has none."""
    fields: dict[str, Any] = {
        "sizing": some_limits(),
        "max_open_positions": 5,
        "max_daily_loss": Decimal(1000),
    }
    return RiskLimits(**fields | changes)


def account(*, snapshot: dict[str, Any] | None = None, **changes: Any) -> ToldAccount:
    """100,000 in cash, nothing held, ordered, lost or risked."""
    means = {"cash": Decimal(100_000), "buying_power": Decimal(100_000)}
    fields: dict[str, Any] = {
        "snapshot": an_account(**means | (snapshot or {})),
        "opening_equity": Decimal(100_000),
        "reserved": Decimal(0),
        "holdings": {},
        "open_orders": {},
        "realized_today": Decimal(0),
        "risk_taken_today": Decimal(0),
    }
    return ToldAccount(**fields | changes)


def held(quantity: int | str, unit_value: int | str | None = 150) -> Holding:
    return Holding(Decimal(quantity), None if unit_value is None else Decimal(unit_value))


def working(
    symbol: str = "AAPL",
    *,
    side: Side = Side.BUY,
    leg: OrderLeg = OrderLeg.ENTRY,
    leaves: int | str = 10,
    **changes: Any,
) -> OpenOrder:
    fields: dict[str, Any] = {"signal_id": "sg0", "unit_value": Decimal(150)}
    return OpenOrder(symbol=symbol, side=side, leg=leg, leaves_quantity=Decimal(leaves), **fields | changes)


def market(**changes: Any) -> Market:
    fields: dict[str, Any] = {
        "quote": a_quote(bid=Decimal(150), ask=Decimal(150), ts_event=NOW),
        "session": a_session(),
    }
    return Market(**fields | changes)


def pace(*recent: RecentOrder, of_artifact: int = 0, cycle_notional: Decimal = Decimal(0)) -> ToldPace:
    return ToldPace(0, None, of_artifact, cycle_notional, None, recent)


def recent(seconds: str, *, symbol: str = "MSFT", side: Side = Side.BUY) -> RecentOrder:
    """An order of another symbol, unless told, `seconds` ago."""
    return RecentOrder(seconds_ago(seconds), symbol, side, HASH, Decimal(150))


def route(**changes: Any) -> Route:
    fields: dict[str, Any] = {"venue": "paper", "is_live": False, "execution_enabled": True}
    return Route(**fields | changes)


def entry(
    *, profile: dict[str, Any] | None = None, order_type: OrderType = OrderType.LIMIT, **signal: Any
) -> WantedEntry:
    return WantedEntry(a_signal(**signal), order_type, a_profile(**profile or {}))


def short(**signal: Any) -> WantedEntry:
    """The same the other way round."""
    fields: dict[str, Any] = {"side": Side.SELL, "stop_loss": Decimal(155), "take_profit": None}
    return entry(**fields | signal)


def way_out(**changes: Any) -> WantedExit:
    """Sells ten of AAPL that one trade holds."""
    fields: dict[str, Any] = {
        "signal_id": "sg0",
        "strategy": "ma_crossover_v1",
        "symbol": "AAPL",
        "side": Side.SELL,
        "leg": OrderLeg.CLOSE,
        "quantity": Decimal(10),
        "held": Decimal(10),
    }
    return WantedExit(**fields | changes)


def leaving(
    wanted: WantedExit | None = None,
    *,
    account: ToldAccount | None = None,
    controls: AccountControls | None = None,
    route: Route | None = None,
) -> ExitInputs:
    """A way out of the ten AAPL that are held, unless told."""
    wanted = wanted or way_out()
    holdings = {"AAPL": held(10)} if account is None else account.holdings
    return ExitInputs(
        wanted=wanted,
        signed_quantity=holdings.get(wanted.symbol, held(0)).signed_quantity,
        leaving=leaving_of(wanted, () if account is None else account.orders),
        controls=controls or AccountControls(),
        route=route or Route("paper", is_live=False, execution_enabled=True),
    )


def inputs(wanted: WantedEntry | None = None, **changes: Any) -> Told:
    """An entry of 133 AAPL, which the position's value limits."""
    fields: dict[str, Any] = {
        "wanted": wanted or entry(),
        "instrument": an_instrument(),
        "account": account(),
        "market": market(),
        "limits": limits(),
        "controls": AccountControls(),
        "route": route(),
        "pace": pace(),
        "now": NOW,
    }
    return Told(**fields | changes)


def in_mode(mode: TradingMode, *, strategy: str | None = None) -> AccountControls:
    change = ModeChange(mode, SAID)
    if strategy is None:
        return AccountControls(mode=change)
    return AccountControls(strategy_modes={strategy: change})


def armed(*, expires_in: timedelta = timedelta(seconds=1), artifact_hash: str = HASH) -> AccountControls:
    arming = Arming(artifact_hash, NOW + expires_in, SAID)
    return AccountControls(armings={HASH: arming})


def approved(wanted: RiskInputs | ExitInputs) -> Approved:
    """What `decide` approves; it must."""
    decision = decide(wanted)
    assert isinstance(decision, Approved), decision
    return decision


def denied(wanted: RiskInputs | ExitInputs, code: ReasonCode) -> Denied:
    """What `decide` denies for `code`; it must."""
    decision = decide(wanted)
    assert isinstance(decision, Denied), decision
    assert decision.reason_code is code, decision
    assert decision.detail
    return decision


def with_limits(before: Told, **changes: Any) -> Told:
    return replace(before, limits=replace(before.limits, **changes))
