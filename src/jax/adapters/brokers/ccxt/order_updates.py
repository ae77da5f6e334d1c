"""Tells of every change of an order once: what the venue's stream or a look at it has shown."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from jax.adapters.brokers.ccxt.sent_orders import SentOrder
from jax.adapters.brokers.ccxt.venue import CcxtVenue, summary_of
from jax.ports.broker import BrokerEventKind
from jax.ports.errors import NotFound, PortError

Tell = Callable[[BrokerEventKind, str | None, str], Awaitable[None]]
LOOK_SECONDS = 2.0
LOOK_SECONDS_BESIDE_A_STREAM = 30.0
_RECONNECT_SECONDS = 5.0


class OrderStream(Protocol):
    """The venue's own updates of orders."""

    async def next(self) -> Sequence[str]:
        """The client_order_ids of orders that have changed, once there are any; raises when it is lost."""
        ...


class OrderUpdates:
    """An update is a reason to look; what the look shows is told if it differs from what was told last."""

    def __init__(self, venue: CcxtVenue, tell: Tell, stream: OrderStream | None = None) -> None:
        self._venue = venue
        self._tell = tell
        self._stream = stream
        self._is_streaming = False
        self._lost: str | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Until it is canceled."""
        following = asyncio.create_task(self._follow())
        try:
            while True:
                # A journal that cannot be written now is written by a later look.
                with suppress(PortError):
                    await self.look()
                seconds = LOOK_SECONDS_BESIDE_A_STREAM if self._is_streaming else LOOK_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await self._changed.wait()
                self._changed.clear()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def look(self) -> None:
        """Asks about every order that may still change."""
        problem = None
        for sent in await self._venue.sent.open():
            try:
                await self._look_at(sent)
            except NotFound:
                continue  # lost on the way, or not shown yet: whoever sent it asks
            except PortError as error:
                problem = str(error)
        await self._tell_of_connection(problem)

    async def _look_at(self, sent: SentOrder) -> None:
        name = sent.client_order_id
        summary = summary_of(await self._venue.query(name))
        now = await self._venue.sent.order(name)
        if now is None or now.told == summary:
            return
        await self._tell(BrokerEventKind.ORDER, name, summary)
        await self._venue.sent.put(replace(now, told=summary))

    async def _tell_of_connection(self, problem: str | None) -> None:
        if (problem is None) != (self._lost is None):
            await self._tell(BrokerEventKind.CONNECTION, None, problem or f"{self._venue.name} answers again")
        self._lost = problem

    async def _follow(self) -> None:
        if self._stream is None:
            return
        while True:
            try:
                names = await self._stream.next()
            except Exception as error:  # noqa: BLE001 - whatever it was, looking goes on
                if self._is_streaming:
                    self._is_streaming = False
                    self._changed.set()
                    lost = f"the stream of orders is lost ({type(error).__name__})"
                    await self._tell(BrokerEventKind.CONNECTION, None, lost)
                await asyncio.sleep(_RECONNECT_SECONDS)
            else:
                self._is_streaming = True
                if names:
                    self._changed.set()


class CcxtOrderStream:
    """The stream of ccxt.pro."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange

    async def next(self) -> Sequence[str]:
        orders = await self._exchange.watch_orders()
        return [order["clientOrderId"] for order in orders if order["clientOrderId"]]
