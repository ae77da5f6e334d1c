"""Inputs of a decision together with the orders themselves, of which the sums in them are made."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import TypeVar

from jax.domain.risk.inputs import AccountState, Pace, RiskInputs, WantedExit
from jax.domain.risk.open_orders import LeavingOrders, OpenOrder, OpenOrders
from jax.domain.risk.recent_orders import A_MINUTE, RecentOrder, RecentOrders
from jax.domain.signal import Signal

_Kind = TypeVar("_Kind")


def open_orders_of(orders: Iterable[OpenOrder]) -> OpenOrders:
    """As the account's book adds them up."""
    kept = OpenOrders()
    for number, order in enumerate(orders):
        kept.put(f"{number}", order)
    return kept


def leaving_of(wanted: WantedExit, orders: Iterable[OpenOrder]) -> LeavingOrders:
    """What `wanted` meets of `orders`."""
    return open_orders_of(orders).leaving(wanted.symbol, wanted.side, signal_id=wanted.signal_id)


@dataclass(frozen=True)
class ToldAccount(AccountState):
    """An account whose sums are those of its `orders`, unless it has none."""

    orders: tuple[OpenOrder, ...] = ()

    def __post_init__(self) -> None:
        if self.orders:
            object.__setattr__(self, "open_orders", open_orders_of(self.orders).by_symbol)


@dataclass(frozen=True)
class ToldPace(Pace):
    """A pace whose figures follow from `recent`, and from what is wanted and when."""

    recent: tuple[RecentOrder, ...] = ()

    def of(self, wanted: Signal, *, per_minute: int, now: datetime) -> "ToldPace":
        """The same with the figures."""
        kept = RecentOrders(kept_for=timedelta(days=1))
        for order in self.recent:
            kept.add(order)
        return replace(
            self,
            orders=kept.count(now - A_MINUTE),
            run=kept.run(now, per_minute=per_minute),
            last_alike=kept.newest(wanted.symbol, wanted.side),
        )


@dataclass(frozen=True)
class Told(RiskInputs):
    """Inputs with all orders."""

    account: ToldAccount
    pace: ToldPace

    def __post_init__(self) -> None:
        RiskInputs.__post_init__(self)
        per_minute = self.limits.max_orders_per_minute
        pace = self.pace.of(self.wanted.signal, per_minute=per_minute, now=self.now)
        object.__setattr__(self, "pace", pace)

    def plain(self) -> RiskInputs:
        """What a trader has: without the orders."""
        account, pace = _as(AccountState, self.account), _as(Pace, self.pace)
        return replace(_as(RiskInputs, self), account=account, pace=pace)


def _as(kind: type[_Kind], value: _Kind) -> _Kind:
    return kind(**{field.name: getattr(value, field.name) for field in fields(kind)})  # type: ignore[arg-type]
