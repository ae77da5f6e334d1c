"""A Broker made of a venue and a book."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from jax.domain.account import AccountSnapshot
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.modules.bridge.admission import CODES_OF_THE_BRIDGE, FENCED
from jax.modules.bridge.breaker import WINDOW, NotionalBreaker
from jax.modules.bridge.desk_records import DeskRecords, numbered, report_of_refusal
from jax.modules.bridge.order_lanes import OrderLanes
from jax.modules.bridge.pacing import MessageLane
from jax.modules.bridge.send_order import SendOrder
from jax.ports.bridge_book import BookedOrder, BridgeBook, JournalEntry, SendState
from jax.ports.broker import (
    BrokerEventKind,
    BrokerStatus,
    JournalPage,
    OrderReport,
    Venue,
    WorkingOrder,
)
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, OutcomeUnknown, PortError, Refused, Unavailable

T = TypeVar("T")
# Less than those who ask wait for an answer: what a slow venue has said until then is said.
_MANY_WITHIN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class BridgeLimits:
    """What the bridge holds to by itself; None: no limit.

    `notional_per_minute` is in the instruments' currency, for each account; `places_per_second` and
    `cancels_per_second` count messages to the venue, in two lanes.
    """

    notional_per_minute: Decimal | None = None
    places_per_second: int | None = None
    cancels_per_second: int | None = None


class VenueJournal(Protocol):
    """A venue that numbers what happens there."""

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        """The entries after `after`, oldest first; at most `limit`."""
        ...


class BridgeDesk:
    """What docs/bridge.md promises, for every venue alike.

    Whatever has begun is brought to its end, also when whoever asked for it has gone. The venue's calls are
    expected to end by themselves: an order on its way is on its way until they do.
    """

    def __init__(self, venue: Venue, book: BridgeBook, clock: Clock, limits: BridgeLimits) -> None:
        self._venue = venue
        self._clock = clock
        self._records = DeskRecords(book, clock)
        self._orders = OrderLanes()
        self._breaker = NotionalBreaker(limits.notional_per_minute)
        self._cancels = MessageLane(limits.cancels_per_second, clock)
        self._sending = SendOrder(
            venue=venue,
            records=self._records,
            clock=clock,
            breaker=self._breaker,
            orders=self._orders,
            places=MessageLane(limits.places_per_second, clock),
        )
        self._begun: set[asyncio.Task[Any]] = set()

    @property
    def is_live(self) -> bool:
        """Whether the venue takes real money."""
        return self._venue.is_live

    @property
    def has_brackets(self) -> bool:
        """Whether the venue takes stop and target together with an entry."""
        return self._venue.has_brackets

    @property
    def name(self) -> str:
        """That of the venue."""
        return self._venue.name

    async def start(self) -> None:
        """Called once, before anything else: loads the book, asks the venue about orders without an answer,
        and cancels what a kill has left open. What the venue does not answer is left for later.
        """
        await self._records.load()
        book = self._records.book
        self._breaker.restore(await book.booked_since(self._clock.now() - WINDOW))
        for booked in await book.unanswered():
            with suppress(PortError):
                await self.query(booked.client_order_id)
        for account in self._records.killed_accounts():
            with suppress(PortError):
                await self._cancel_all(account)

    async def close(self) -> None:
        """Waits for what has begun."""
        await asyncio.gather(*self._begun, return_exceptions=True)
        await self._records.close()

    async def place(self, order: Order) -> OrderReport:
        before = self._records.book.newest
        return numbered(await self._to_its_end(self._place(order)), before=before)

    async def _place(self, order: Order) -> OrderReport:
        kills = self._records.kills(order.account)
        report = await self._sending.send(order)
        # A kill that came while the order was on its way did not find it at the venue.
        if self._records.kills(order.account) != kills:
            return await self._cancel(order.client_order_id)
        return report

    async def query(self, client_order_id: str) -> OrderReport:
        """Unavailable, not NotFound, while the venue cannot know: the order is on its way, or the venue has
        acknowledged it and does not show it now.
        """
        before = self._records.book.newest
        return numbered(await self._query(client_order_id), before=before)

    async def _query(self, client_order_id: str) -> OrderReport:
        booked = await self._records.book.order(client_order_id)
        if booked is not None and booked.refusal_code in CODES_OF_THE_BRIDGE:
            return report_of_refusal(booked)
        try:
            report = await self._venue.query(client_order_id)
        except NotFound:
            return self._not_shown(client_order_id, booked)
        if booked is None or booked.state is not SendState.SENDING:
            return report
        return await self._to_its_end(self._turned_up(booked, report))

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        """What the venue has said of each within three seconds."""
        asked = {name: asyncio.create_task(self.query(name)) for name in client_order_ids}
        try:
            if asked:
                await asyncio.wait(asked.values(), timeout=_MANY_WITHIN_SECONDS)
        finally:
            for task in asked.values():
                task.cancel()
        return {
            name: None if task.exception() else task.result()
            for name, task in asked.items()
            if task.done() and not task.cancelled() and _says(task)
        }

    async def cancel(self, client_order_id: str) -> OrderReport:
        before = self._records.book.newest
        return numbered(await self._to_its_end(self._cancel(client_order_id)), before=before)

    async def _cancel(self, client_order_id: str) -> OrderReport:
        booked = await self._records.book.order(client_order_id)
        if booked is not None and booked.refusal_code in CODES_OF_THE_BRIDGE:
            return report_of_refusal(booked)
        await self._cancels.turn()
        try:
            report = await self._venue.cancel(client_order_id)
        except NotFound:
            return self._not_shown(client_order_id, booked)
        except PortError:
            raise
        except Exception as error:
            raise OutcomeUnknown(
                f"the venue {self.name} answered the cancel of {client_order_id} in a way that cannot be "
                f"read: {error!r}"
            ) from error
        if booked is not None:
            await self._records.acknowledge(booked, report)
        return report

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return await self._venue.working_orders(account)

    async def account(self, account: str) -> AccountSnapshot:
        return await self._venue.account(account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await self._venue.positions(account)

    async def quote(self, symbol: str) -> Quote:
        return await self._venue.quote(symbol)

    async def raise_epoch(self, account: str, epoch: int) -> None:
        # NotFound for an account that is not there; a venue that is away keeps nobody from fencing.
        with suppress(Unavailable, OutcomeUnknown):
            await self._venue.positions(account)
        switches = self._records.switches(account)
        if not (epoch >= switches.epoch):
            raise Refused(
                f"epoch {epoch} of account {account} is below epoch {switches.epoch}, which the bridge was "
                "told of",
                code=FENCED,
            )
        await self._records.raise_epoch(account, epoch)

    async def kill(self, account: str, *, reason: str) -> None:
        """Holds from the moment of the call; OutcomeUnknown when some order may still be open."""
        await self._to_its_end(self._kill(account, reason))

    async def _kill(self, account: str, reason: str) -> None:
        await self._records.kill(account, reason=reason)
        await self._cancel_all(account)

    async def release_kill(self, account: str) -> None:
        await self._records.release_kill(account)

    async def status(self, account: str) -> BrokerStatus:
        switches = self._records.switches(account)
        problem = self._records.problem
        try:
            await self._venue.positions(account)
        except PortError as error:
            problem = str(error)
        return BrokerStatus(problem=problem, killed=switches.killed, epoch=switches.epoch)

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        book = self._records.book
        return JournalPage(book.journal, await book.events(after=after, limit=limit))

    async def hear(self, kind: BrokerEventKind, client_order_id: str | None, detail: str) -> None:
        """The venue tells of something: a reason to ask, which changes no order's state."""
        await self._records.book.tell(self._records.entry(client_order_id, detail, kind))

    async def copy_journal(self, journal: VenueJournal) -> None:
        """Tells on what the venue's own journal holds since the last copy."""
        cursor = await self._records.book.cursor()
        while news := (await journal.events(after=cursor)).events:
            cursor = news[-1].seq
            entries = [
                JournalEntry(event.kind, event.client_order_id, event.detail, event.at, event.change)
                for event in news
            ]
            await self._records.book.tell(*entries, cursor=cursor)

    async def _cancel_all(self, account: str) -> None:
        left: list[str] = []
        try:
            for order in await self._venue.working_orders(account):
                if order.client_order_id is None:
                    left.append(order.venue_order_id)
                elif not await self._is_canceled(order.client_order_id):
                    left.append(order.client_order_id)
        except (Unavailable, OutcomeUnknown) as error:
            raise OutcomeUnknown(
                f"account {account} is killed; what is open is not known: {error}"
            ) from error
        if left:
            names = ", ".join(left)
            await self.hear(BrokerEventKind.ERROR, None, f"not canceled by the kill: {names}")
            raise OutcomeUnknown(f"account {account} is killed; these orders may still be open: {names}")

    async def _is_canceled(self, client_order_id: str) -> bool:
        try:
            await self._cancel(client_order_id)
        except NotFound:
            return True  # it is gone
        except PortError:
            return False
        return True

    def _not_shown(self, client_order_id: str, booked: BookedOrder | None) -> OrderReport:
        if self._orders.is_sending(client_order_id):
            raise Unavailable(f"order {client_order_id} is on its way to the venue {self.name}: ask again")
        if booked is not None and booked.state is SendState.SENT:
            raise Unavailable(
                f"the venue {self.name} has acknowledged order {client_order_id} and does not show it now"
            )
        if booked is not None and booked.state is SendState.REFUSED:
            return report_of_refusal(booked)
        raise NotFound(f"neither the bridge nor the venue {self.name} knows order {client_order_id}")

    async def _turned_up(self, booked: BookedOrder, report: OrderReport) -> OrderReport:
        """The venue has an order whose answer was lost."""
        await self._records.acknowledge(booked, report)
        if self._records.switches(booked.account).killed is not None:
            return await self._cancel(booked.client_order_id)
        return report

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may have gone: nobody else will look at it


def _says(task: "asyncio.Task[OrderReport]") -> bool:
    error = task.exception()
    return error is None or isinstance(error, NotFound)
