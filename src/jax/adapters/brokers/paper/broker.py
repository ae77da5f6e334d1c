"""The paper venue as a Broker that also listens to bars."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue import PaperVenue
from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.ports.broker import BrokerStatus, JournalPage, OrderReport, WorkingOrder
from jax.ports.clock import Clock
from jax.ports.errors import NotFound

P = ParamSpec("P")
T = TypeVar("T")
InstrumentOf = Callable[[str], Awaitable[Instrument]]
_MOST_AT_ONCE = 64


class PaperBroker:
    """A Broker and a BarListener; its calls queue for one thread, which owns the file.

    Calls that wait at the same time are committed together; what one of them refuses concerns no other.
    """

    name = "paper"
    is_live = False
    has_brackets = True

    def __init__(self, venue: PaperVenue, thread: ThreadPoolExecutor, instrument_of: InstrumentOf) -> None:
        """`thread` has one worker; `instrument_of` raises NotFound for what is not listed."""
        self._venue = venue
        self._thread = thread
        self._instrument_of = instrument_of
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()

    async def place(self, order: Order) -> OrderReport:
        """Refused with a code: FENCED, DEADLINE_PASSED, KILLED, UNKNOWN_ACCOUNT, NO_QUOTE,
        QUANTITY_NOT_IN_LOTS or PRICE_NOT_ON_INCREMENT.
        """
        return await self._run(self._venue.place, order)

    async def query(self, client_order_id: str) -> OrderReport:
        return await self._run(self._venue.query, client_order_id)

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        return await self._run(self._venue.query_many, client_order_ids)

    async def cancel(self, client_order_id: str) -> OrderReport:
        return await self._run(self._venue.cancel, client_order_id)

    async def account(self, account: str) -> AccountSnapshot:
        """Cash, and positions at the newest quotes; NotFound for another account than its own."""
        return await self._run(self._venue.account, account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await self._run(self._venue.positions, account)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return await self._run(self._venue.working_orders, account)

    async def quote(self, symbol: str) -> Quote:
        """The close of the newest bar, on both sides."""
        return await self._run(self._venue.quote, symbol)

    async def raise_epoch(self, account: str, epoch: int) -> None:
        await self._run(self._venue.raise_epoch, account, epoch)

    async def kill(self, account: str, *, reason: str) -> None:
        """A second kill keeps the first one's reason."""
        await self._run(self._venue.kill, account, reason)

    async def release_kill(self, account: str) -> None:
        await self._run(self._venue.release_kill, account)

    async def status(self, account: str) -> BrokerStatus:
        return await self._run(self._venue.status, account)

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        return await self._run(self._venue.events, after, limit)

    async def executions(self, account: str, *, after: int, limit: int = 1000) -> Sequence[tuple[int, Fill]]:
        """The account's fills after number `after` with their numbers, oldest first; at most `limit`."""
        return await self._run(self._venue.executions, account, after, limit)

    async def realized_pnl(self, account: str) -> Mapping[str, Decimal]:
        """By symbol: what closed lots have gained, first in first out, net of all commission."""
        return await self._run(self._venue.realized_pnl, account)

    async def instruments(self) -> Mapping[str, Instrument]:
        """By symbol, whatever was ever quoted here."""
        return await self._run(self._venue.instruments)

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Bars of symbols without an instrument are passed over: an order for them is refused."""
        instruments: dict[str, Instrument] = {}
        for symbol in {bar.symbol for bar in bars}:
            try:
                instruments[symbol] = await self._instrument_of(symbol)
            except NotFound:
                continue
        await self._run(self._venue.on_bars, bars, instruments)

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._waiting.append((partial(call, *args, **kwargs), answer))
        # Every call looks for what waits; the one that finds it takes all of it along.
        loop.run_in_executor(self._thread, self._take_what_waits)
        return await answer

    def _take_what_waits(self) -> None:
        """A commit waits for the disk, and the disk takes one as fast as it takes fifty."""
        batch: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        while self._waiting and len(batch) < _MOST_AT_ONCE:
            batch.append(self._waiting.popleft())
        if not batch:
            return
        outcomes = self._venue.together([call for call, _ in batch])
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            with suppress(RuntimeError):  # the loop has ended before its answers came
                answer.get_loop().call_soon_threadsafe(_give, answer, outcome)


def _give(answer: "asyncio.Future[Any]", outcome: object) -> None:
    if answer.done():
        return  # whoever asked has gone
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


@asynccontextmanager
async def open_paper_broker(
    path: Path, account: PaperAccount, *, clock: Clock, instrument_of: InstrumentOf
) -> AsyncIterator[PaperBroker]:
    """The paper broker whose books are in the file `path` (IN_MEMORY: nowhere), closed at the end.

    Unavailable when the file cannot be used, Conflict when it belongs to another account. The starting
    cash counts for a new file only.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="paper-broker") as thread:
        venue = await loop.run_in_executor(thread, PaperVenue, path, account, clock)
        try:
            yield PaperBroker(venue, thread, instrument_of)
        finally:
            await loop.run_in_executor(thread, venue.close)
