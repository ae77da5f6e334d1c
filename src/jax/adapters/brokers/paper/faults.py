"""Everything that goes wrong on the way to a venue and at it, by the dice of a seed."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Protocol

from jax.domain.account import AccountSnapshot
from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.quote import Quote
from jax.ports.broker import OrderReport, Venue, WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused

REJECTED_BY_CHANCE = "REJECTED_BY_CHANCE"
_FILLED = frozenset({OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED})
_OVER = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED})


class Dice(Protocol):
    """A seeded generator, such as that of the standard library."""

    def random(self) -> float:
        """The next number, in [0, 1)."""
        ...


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each fault happens, as fractions of calls in [0, 1], and how long it lasts, in seconds.

    `lost_request`: nothing is done, and nobody hears so. `lost_answer`: it is done. `duplicate`: the venue is
    given a new order twice. `reject`: a new order is refused for good. `late_fill`: the fills of an order are
    told late, also after its cancel was. A new order is not shown for `visibility_lag_seconds`.
    """

    delay: float = 0.0
    lost_request: float = 0.0
    lost_answer: float = 0.0
    duplicate: float = 0.0
    reject: float = 0.0
    late_fill: float = 0.0
    delay_seconds: float = 0.0
    late_fill_seconds: float = 0.0
    visibility_lag_seconds: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_seconds"):
                if not (0 <= value < float("inf")):
                    raise InvalidValue(field.name, f"must be zero or above, not {value}")
            elif not (0 <= value <= 1):
                raise InvalidValue(field.name, f"must be from 0 to 1, not {value}")


class FaultyVenue:
    """A Venue in front of a sound one, which it never makes do what it was not asked to do.

    One seed, one sequence of calls: one sequence of faults.
    """

    def __init__(self, venue: Venue, faults: Faults, *, dice: Dice, clock: Clock) -> None:
        self._venue = venue
        self._faults = faults
        self._dice = dice
        self._clock = clock
        self._rejected: set[str] = set()
        self._shown_from_ns: dict[str, int] = {}
        self._fills_told_from_ns: dict[str, int] = {}
        self._canceled: set[str] = set()

    @property
    def is_live(self) -> bool:
        return self._venue.is_live

    @property
    def has_brackets(self) -> bool:
        return self._venue.has_brackets

    @property
    def name(self) -> str:
        """That of the venue behind."""
        return self._venue.name

    async def place(self, order: Order) -> OrderReport:
        await self._on_the_way()
        name = order.client_order_id
        if name in self._rejected or (await self._is_new(name) and self._happens(self._faults.reject)):
            self._rejected.add(name)
            raise Refused(f"order {name} is refused by chance", code=REJECTED_BY_CHANCE)
        self._begin(name)
        report = await self._venue.place(order)
        if self._happens(self._faults.duplicate):
            report = await self._venue.place(order)
        self._on_the_way_back()
        return self._as_told(report)

    async def query(self, client_order_id: str) -> OrderReport:
        await self._on_the_way()
        report = self._rejection(client_order_id) or await self._venue.query(client_order_id)
        self._on_the_way_back()
        if self._clock.monotonic_ns() < self._shown_from_ns.get(client_order_id, 0):
            raise NotFound(f"order {client_order_id} is not shown yet")
        return self._as_told(report)

    async def cancel(self, client_order_id: str) -> OrderReport:
        await self._on_the_way()
        report = self._rejection(client_order_id) or await self._venue.cancel(client_order_id)
        self._canceled.add(client_order_id)
        self._on_the_way_back()
        return self._as_told(report)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        await self._on_the_way()
        working = await self._venue.working_orders(account)
        self._on_the_way_back()
        now = self._clock.monotonic_ns()
        return [order for order in working if self._shown_from_ns.get(order.client_order_id or "", 0) <= now]

    async def account(self, account: str) -> AccountSnapshot:
        await self._on_the_way()
        return await self._venue.account(account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        await self._on_the_way()
        return await self._venue.positions(account)

    async def quote(self, symbol: str) -> Quote:
        await self._on_the_way()
        return await self._venue.quote(symbol)

    async def _on_the_way(self) -> None:
        if self._happens(self._faults.delay):
            await asyncio.sleep(self._faults.delay_seconds)
        if self._happens(self._faults.lost_request):
            raise OutcomeUnknown("no answer")

    def _on_the_way_back(self) -> None:
        if self._happens(self._faults.lost_answer):
            raise OutcomeUnknown("no answer")

    def _happens(self, fraction: float) -> bool:
        return self._dice.random() < fraction

    async def _is_new(self, client_order_id: str) -> bool:
        try:
            await self._venue.query(client_order_id)
        except PortError:
            return True
        return False

    def _begin(self, client_order_id: str) -> None:
        if client_order_id in self._shown_from_ns:
            return
        now = self._clock.monotonic_ns()
        self._shown_from_ns[client_order_id] = now + _nanoseconds(self._faults.visibility_lag_seconds)
        if self._happens(self._faults.late_fill):
            told_from = now + _nanoseconds(self._faults.late_fill_seconds)
            self._fills_told_from_ns[client_order_id] = told_from

    def _rejection(self, client_order_id: str) -> OrderReport | None:
        if client_order_id not in self._rejected:
            return None
        return OrderReport(
            client_order_id,
            f"rejected-{client_order_id}",
            OrderStatus.REJECTED,
            reason_code=REJECTED_BY_CHANCE,
        )

    def _as_told(self, report: OrderReport) -> OrderReport:
        """The report as if none of its fills were known yet, while they are late; who lies is not asked
        when.
        """
        name = report.client_order_id
        report = replace(report, as_of=0)
        if self._clock.monotonic_ns() >= self._fills_told_from_ns.get(name, 0):
            return report
        if report.status not in _FILLED | _OVER:
            return report
        over = report.status if report.status in _OVER else OrderStatus.CANCELED
        status = over if name in self._canceled or report.status in _OVER else OrderStatus.NEW
        return replace(report, status=status, fills=(), reason_code=None)


def _nanoseconds(seconds: float) -> int:
    return timedelta(seconds=seconds) // timedelta(microseconds=1) * 1000
