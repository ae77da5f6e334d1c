"""What trades, in a world: it takes orders and fills them by chance, and shows what it did when it likes."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from jax.domain.account import AccountSnapshot
from jax.domain.bracket import attached_exits
from jax.domain.fill import Fill
from jax.domain.order import Order, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.position import positions_of
from jax.domain.quote import Quote
from jax.domain.side import Side
from jax.ports.broker import BrokerEvent, BrokerEventKind, JournalPage, OrderReport, WorkingOrder
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused, Unavailable
from tests.simulation.database import Surroundings
from tests.simulation.house import STARTING_CASH
from tests.simulation.possibilities import Possibilities

PRICE = Decimal(100)
_COUNTS_AFTER = timedelta(seconds=2)
_WORKING = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})


@dataclass(slots=True)
class Execution:
    """One execution in all its revisions, each shown from a moment on."""

    revisions: list[Fill]
    shown_at: list[float]

    def as_shown(self, now: float) -> Fill | None:
        """The highest revision that can be seen now."""
        seen = [fill for fill, at in zip(self.revisions, self.shown_at, strict=True) if at <= now]
        return seen[-1] if seen else None

    @property
    def truth(self) -> Fill:
        return self.revisions[-1]


@dataclass(slots=True)
class VenueOrder:
    """An order at the venue; `order` is what the message said, `entry` the order whose exit it came as."""

    order: Order
    venue_order_id: str
    visible_at: float
    status: OrderStatus = OrderStatus.NEW
    executions: list[Execution] = field(default_factory=list)
    reason_code: str | None = None
    was_missed: bool = False
    entry: "VenueOrder | None" = None
    exits: "list[VenueOrder]" = field(default_factory=list)

    @property
    def effective(self) -> Decimal:
        """What was executed and counts: what was busted may be executed again while the order works."""
        return sum((execution.truth.quantity for execution in self.executions), Decimal(0))

    @property
    def held(self) -> Decimal:
        """What it has brought and the exits that came with it have not taken out again."""
        return self.effective - sum((out.effective for out in self.exits), Decimal(0))

    @property
    def is_working(self) -> bool:
        return self.status in _WORKING

    @property
    def leaves(self) -> Decimal:
        return self.order.quantity - self.effective if self.is_working else Decimal(0)


class Watching(Protocol):
    """Who looks at everything that happens at the venue."""

    def accepted(self, order: Order, at: datetime) -> None: ...

    def attached(self, exit_: Order, entry: Order) -> None: ...

    def executed(self, order: Order) -> None: ...


class SimulatedVenue:
    """A Venue whose truth is `orders`; what it answers may lag behind."""

    name = "paper"

    def __init__(
        self,
        around: Surroundings,
        trouble: Callable[[], Possibilities],
        *,
        now: Callable[[], datetime],
        watching: Watching,
    ) -> None:
        self.orders: dict[str, VenueOrder] = {}
        self.is_halted = False
        self.journal: list[BrokerEvent] = []
        self.by_hand: list[Fill] = []
        self._around = around
        self._trouble = trouble
        self._now = now
        self._watching = watching
        self._count = 0

    @property
    def has_brackets(self) -> bool:
        return self._trouble().brackets

    # The port.

    async def place(self, order: Order) -> OrderReport:
        found: asyncio.Future[OrderReport | PortError] = self._around.loop.create_future()
        await self._may_fail()
        self._after(self._trouble().transit_seconds, lambda: self._settle(found, self._arrive(order)))
        return await self._told(found)

    async def query(self, client_order_id: str) -> OrderReport:
        await self._travel()
        return self._report(self._visible(client_order_id))

    async def cancel(self, client_order_id: str) -> OrderReport:
        await self._travel()
        known = self._visible(client_order_id)
        if known.is_working:
            self._after(self._trouble().cancel_seconds, lambda: self._close(known, OrderStatus.CANCELED))
        return self._report(known)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        await self._travel()
        now = self._around.loop.time()
        return [
            WorkingOrder(
                known.order.client_order_id,
                known.venue_order_id,
                known.order.symbol,
                known.order.side,
                known.leaves,
            )
            for known in self.orders.values()
            if known.is_working and known.visible_at <= now
        ]

    async def account(self, account: str) -> AccountSnapshot:
        await self._travel()
        cash = STARTING_CASH - sum(
            (fill.price * fill.quantity * fill.side.sign for fill in self.effective_fills()), Decimal(0)
        )
        held = sum((quantity * PRICE for quantity in self.held().values()), Decimal(0))
        worth = cash + held
        return AccountSnapshot(account, "USD", cash, worth, max(Decimal(0), worth - abs(held)))

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        """Of what it has shown: a venue that told of a position before its executions would be observed."""
        await self._travel()
        now = self._around.loop.time()
        shown = [fill for e in self._executions() if (fill := e.as_shown(now)) is not None]
        return _held([*shown, *self.by_hand])

    async def quote(self, symbol: str) -> Quote:
        await self._travel()
        return Quote(symbol, PRICE, PRICE, self._now())

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        await self._travel()
        return JournalPage("venue", self.journal[after : after + limit])

    def has_surprised(self, within_seconds: float) -> bool:
        """Whether it has just taken back an execution, or still hides one of an order that it closed."""
        since = self._around.loop.time() - within_seconds
        return any(
            execution.shown_at[-1] > since
            for known in self.orders.values()
            for execution in known.executions
            if len(execution.revisions) > 1 or not known.is_working
        )

    def trade_by_hand(self, symbol: str, quantity: Decimal) -> None:
        """Somebody has bought past the house."""
        self._count += 1
        self.by_hand.append(
            Fill(f"m{self._count}", "by-hand", symbol, Side.BUY, quantity, PRICE, Decimal(0), self._now())
        )

    # The truth.

    def effective_fills(self) -> list[Fill]:
        return [execution.truth for execution in self._executions()]

    def _executions(self) -> list[Execution]:
        return [execution for known in self.orders.values() for execution in known.executions]

    def held(self) -> dict[str, Decimal]:
        return _held(self.effective_fills())

    def close_session(self) -> None:
        """Orders of the day expire."""
        for known in self.orders.values():
            if known.order.time_in_force is TimeInForce.DAY:
                self._close(known, OrderStatus.EXPIRED)

    # How it comes about.

    def _arrive(self, order: Order) -> OrderReport | PortError:
        known = self.orders.get(order.client_order_id)
        if known is not None:
            self._watching.accepted(order, self._now())
            return self._report(known)
        self._count += 1
        around, trouble = self._around, self._trouble()
        known = VenueOrder(
            order, f"v{self._count}", around.loop.time() + around.seconds(trouble.visibility_seconds)
        )
        self.orders[order.client_order_id] = known
        if around.chance(trouble.reject):
            known.status, known.reason_code = OrderStatus.REJECTED, "MARGIN"
            around.note(f"venue rejects {order.client_order_id[:8]}")
            return Refused("no margin", code="MARGIN")
        self._tell(known, around.loop.time())
        around.note(f"venue accepts {order.client_order_id[:8]} {order.quantity} {order.symbol}")
        self._watching.accepted(order, self._now())
        is_at_market = order.order_type is OrderType.MARKET
        if is_at_market or around.chance(trouble.exit_fill if order.reduces_only else trouble.fill):
            self._plan_fills(known)
        return self._report(known)

    def _plan_fills(self, known: VenueOrder) -> None:
        left, parts = known.order.quantity, 1 + int(self._around.seconds(3))
        while left > 0:
            parts -= 1
            share = left if parts <= 0 else max(Decimal(1), (left / 2).to_integral_value())
            left -= share
            delay = 0.0 if self._around.chance(0.3) else self._around.seconds(15)
            self._after(delay, lambda share=share: self._execute(known, share))  # type: ignore[misc]

    def _execute(self, known: VenueOrder, quantity: Decimal) -> None:
        if not known.is_working or self.is_halted:
            return
        around, trouble, order = self._around, self._trouble(), known.order
        if order.reduces_only:
            quantity = min(quantity, abs(self.held().get(order.symbol, Decimal(0))))
            if known.entry is not None:
                quantity = min(quantity, known.entry.held)
            if not (quantity > 0):
                self._close(known, OrderStatus.CANCELED)
                return
        self._count += 1
        fill = Fill(
            f"x{self._count}",
            order.client_order_id,
            order.symbol,
            order.side,
            quantity,
            PRICE,
            Decimal(0),
            self._now(),
        )
        lag = (
            around.seconds(10)
            if around.chance(trouble.late_fill)
            else around.seconds(trouble.visibility_seconds)
        )
        known.executions.append(Execution([fill], [around.loop.time() + lag]))
        self._tell(known, around.loop.time() + lag)
        known.status = OrderStatus.PARTIALLY_FILLED
        if known.effective == order.quantity:
            known.status = OrderStatus.FILLED
        around.note(f"venue fills {quantity} of {order.client_order_id[:8]}, shown in {lag:.2f} s")
        self._watching.executed(order)
        self._begin_exits(known, shown_at=around.loop.time() + lag)
        if known.entry is not None:
            self._end_bracket(known.entry)
        for is_bust, probability in ((True, trouble.bust), (False, trouble.correction)):
            if around.chance(probability):
                self._after(20, lambda is_bust=is_bust: self.correct(known, is_bust=is_bust))  # type: ignore[misc]

    def _begin_exits(self, entry: VenueOrder, *, shown_at: float) -> None:
        """They work from the first fill on, and can be seen no later than any fill."""
        for known in entry.exits:
            known.visible_at = min(known.visible_at, shown_at)
        if entry.exits:
            return
        for exit_ in attached_exits(entry.order, at=self._now()):
            self._count += 1
            known = VenueOrder(exit_, f"v{self._count}", shown_at, entry=entry)
            entry.exits.append(known)
            self._watching.attached(exit_, entry.order)
            self.orders[exit_.client_order_id] = known
            self._around.note(f"venue lets {exit_.client_order_id[:8]} work, a {exit_.leg} of its entry")
            self._tell(known, self._around.loop.time())
            if self._around.chance(self._trouble().exit_fill):
                self._plan_fills(known)

    def _end_bracket(self, entry: VenueOrder) -> None:
        """An exit has filled: nothing more is entered, and what it took the other has lost."""
        self._close(entry, OrderStatus.CANCELED)
        if not (entry.held > 0):
            for out in entry.exits:
                self._close(out, OrderStatus.CANCELED)

    def correct(self, known: VenueOrder, *, is_bust: bool) -> None:
        """Gives the newest execution another price, or takes it back.

        An order that was filled by it does not work again: it is closed without it.
        """
        execution = known.executions[-1]
        before = execution.truth
        quantity = Decimal(0) if is_bust else before.quantity
        price = before.price if is_bust else before.price - Decimal("0.01")
        execution.revisions.append(
            replace(before, quantity=quantity, price=price, revision=before.revision + 1)
        )
        if is_bust and known.status is OrderStatus.FILLED:
            known.status = OrderStatus.CANCELED
        self._around.note(f"venue {'busts' if is_bust else 'corrects'} {before.execution_id}")
        execution.shown_at.append(max(execution.shown_at[-1], self._around.loop.time()))
        self._tell(known, execution.shown_at[-1])

    def _tell(self, known: VenueOrder, at: float) -> None:
        """The journal has a reason to ask about the order from `at` on."""
        self._around.loop.at(max(at, known.visible_at), lambda: self._append(known))

    def _append(self, known: VenueOrder) -> None:
        seq, cid = len(self.journal) + 1, known.order.client_order_id
        self.journal.append(BrokerEvent(seq, BrokerEventKind.ORDER, cid, str(known.status), self._now(), seq))

    def _close(self, known: VenueOrder, status: OrderStatus) -> None:
        if known.is_working:
            known.status = status
            self._tell(known, self._around.loop.time())
            self._around.note(f"venue: {known.order.client_order_id[:8]} is {status}")

    # What it says of it.

    def _visible(self, client_order_id: str) -> VenueOrder:
        known = self.orders.get(client_order_id)
        if known is None or known.visible_at > self._around.loop.time() or self._looks_away(known):
            self._around.note(f"venue does not find {client_order_id[:8]}")
            raise NotFound(f"the venue has no order {client_order_id}")
        return known

    def _looks_away(self, known: VenueOrder) -> bool:
        """A replica that is behind answers, but once for an order: two not-founds are a proof.

        It does so when the answer would count, which is when it could do harm.
        """
        is_late = self._now() > known.order.deadline_at + _COUNTS_AFTER
        looks_away = is_late and not known.was_missed and self._around.chance(self._trouble().blink)
        known.was_missed |= looks_away
        return looks_away

    def _report(self, known: VenueOrder) -> OrderReport:
        now = self._around.loop.time()
        shown = [fill for e in known.executions if (fill := e.as_shown(now)) is not None]
        return OrderReport(
            known.order.client_order_id,
            known.venue_order_id,
            known.status,
            tuple(sorted(shown, key=lambda fill: fill.ts_event)),
            known.reason_code,
            as_of=len(self.journal),
        )

    def _settle(
        self, found: "asyncio.Future[OrderReport | PortError]", answer: OrderReport | PortError
    ) -> None:
        if not found.done():
            found.set_result(answer)

    async def _told(self, found: "asyncio.Future[OrderReport | PortError]") -> OrderReport:
        answer = await found
        await asyncio.sleep(self._around.seconds(0.01))
        if self._around.chance(self._trouble().lost_answer):
            raise OutcomeUnknown("the venue did not answer")
        if isinstance(answer, PortError):
            raise answer
        return answer

    async def _travel(self) -> None:
        await asyncio.sleep(self._around.seconds(0.02))
        await self._may_fail()

    async def _may_fail(self) -> None:
        if self._around.chance(self._trouble().venue_error):
            raise Unavailable("the venue cannot be reached")

    def _after(self, most: float, action: Callable[[], object]) -> None:
        self._around.loop.at(self._around.loop.time() + self._around.seconds(most), action)


def _held(fills: Sequence[Fill]) -> dict[str, Decimal]:
    positions = positions_of(fills)
    return {symbol: p.signed_quantity for symbol, p in positions.items() if p.signed_quantity}
