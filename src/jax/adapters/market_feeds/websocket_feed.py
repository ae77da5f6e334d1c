"""Ticks over a WebSocket, with polling while there is none."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import aiohttp

from jax.adapters.market_feeds.background import running
from jax.adapters.market_feeds.feed_policy import FeedPolicy
from jax.adapters.market_feeds.feed_queue import FeedQueue
from jax.adapters.market_feeds.polling_feed import PollingFeed
from jax.adapters.market_feeds.tick_messages import (
    SUBSCRIBED,
    UnreadableMessage,
    read_message,
    subscription,
)
from jax.domain.tick import Tick
from jax.ports.clock import Clock
from jax.ports.market_feed import FeedBack, FeedLost, FeedStream

_LONGEST_MESSAGE_BYTES = 65_536
# Whoever does not answer any more must not hold us up.
_CLOSE_WITHIN_SECONDS = 0.5


class _Gone(Exception):
    """The connection is of no use any more."""


class WebSocketFeed:
    """One connection, made again whenever it is gone, silent or says what cannot be read.

    While the queue is full the connection is not read, so that the other side has to wait.
    """

    name = "websocket"

    def __init__(
        self,
        url: str,
        clock: Clock,
        policy: FeedPolicy,
        *,
        token: str | None = None,
        fallback: PollingFeed | None = None,
    ) -> None:
        self._url = url
        self._clock = clock
        self._policy = policy
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._fallback = fallback

    def now(self) -> datetime:
        return self._clock.now()

    @asynccontextmanager
    async def subscribe(self, symbols: Collection[str]) -> AsyncIterator[FeedStream]:
        queue = FeedQueue(self._policy.queue_size)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._policy.silence_seconds)
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            running(self._stay_connected(session, sorted(symbols), queue)),
        ):
            yield queue

    async def _stay_connected(
        self, session: aiohttp.ClientSession, symbols: Sequence[str], queue: FeedQueue
    ) -> None:
        wait_seconds = self._policy.first_wait_seconds
        polling: asyncio.Task[None] | None = None
        is_lost = False
        try:
            while True:
                began_ns = self._clock.monotonic_ns()
                try:
                    async with self._connected(session, symbols) as connection:
                        await _stop(polling)
                        polling, is_lost = None, False
                        await queue.put(FeedBack())
                        await self._listen(connection, queue)
                except (_Gone, aiohttp.ClientError, OSError, TimeoutError) as error:
                    # Said once: what the fallback says meanwhile is not lost with every try that fails.
                    if not is_lost:
                        await queue.put(FeedLost(f"{self._url}: {_said(error)}"))
                is_lost = True
                if self._clock.monotonic_ns() - began_ns >= self._policy.stable_seconds * 1e9:
                    wait_seconds = self._policy.first_wait_seconds
                if polling is None and self._fallback is not None:
                    polling = asyncio.create_task(self._poll_later(self._fallback, symbols, queue))
                await asyncio.sleep(wait_seconds)
                wait_seconds = self._policy.next_wait(wait_seconds)
        finally:
            await _stop(polling)

    async def _poll_later(self, fallback: PollingFeed, symbols: Sequence[str], queue: FeedQueue) -> None:
        await asyncio.sleep(self._policy.fallback_after_seconds)
        await fallback.poll(symbols, queue)

    @asynccontextmanager
    async def _connected(
        self, session: aiohttp.ClientSession, symbols: Sequence[str]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A connection that has taken our subscription."""
        async with asyncio.timeout(self._policy.silence_seconds):
            connection = await session.ws_connect(
                self._url,
                headers=self._headers,
                max_msg_size=_LONGEST_MESSAGE_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_WITHIN_SECONDS),
            )
        try:
            await connection.send_str(subscription(symbols))
            if await self._message(connection) != SUBSCRIBED:
                raise _Gone("it did not say that it took the subscription")
            yield connection
        finally:
            await connection.close()

    async def _listen(self, connection: aiohttp.ClientWebSocketResponse, queue: FeedQueue) -> None:
        while True:
            message = await self._message(connection)
            if isinstance(message, Tick):
                await queue.put(message)

    async def _message(self, connection: aiohttp.ClientWebSocketResponse) -> Tick | str:
        async with asyncio.timeout(self._policy.silence_seconds):
            message = await connection.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise _Gone(f"the connection has ended ({message.type.name})")
        try:
            return read_message(message.data)
        except UnreadableMessage as error:
            raise _Gone(str(error)) from error


async def _stop(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _said(error: Exception) -> str:
    return "no word in time" if isinstance(error, TimeoutError) else str(error) or repr(error)
