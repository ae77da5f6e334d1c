"""A real WebSocket server on loopback that says what a test tells it, and breaks when it should."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from jax.domain.tick import Tick


@dataclass
class TickServer:
    """`is_down` refuses connections, `drops` ends them as soon as they have subscribed."""

    port: int = 0
    is_down: bool = False
    drops: bool = False
    connections: int = 0
    subscribed: list[list[str]] = field(default_factory=list)
    _open: set[web.WebSocketResponse] = field(default_factory=set)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ticks"

    async def subscriber(self) -> None:
        """Waits until somebody has subscribed."""
        while not self._open:
            self._heard.clear()
            await self._heard.wait()

    async def say(self, *ticks: Tick) -> None:
        for tick in ticks:
            await self.say_text(trade(tick))

    async def say_text(self, text: str) -> None:
        await self.subscriber()
        for one in list(self._open):
            await one.send_str(text)

    def cut(self) -> None:
        """Every connection is gone, without a word."""
        for one in list(self._open):
            transport = one._req.transport if one._req is not None else None
            if transport is not None:
                transport.abort()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.connections += 1
        if self.is_down:
            raise web.HTTPServiceUnavailable
        response = web.WebSocketResponse()
        await response.prepare(request)
        first = await response.receive()
        if first.type is not WSMsgType.TEXT:
            return response
        self.subscribed.append(json.loads(first.data)["symbols"])
        await response.send_str(json.dumps({"type": "subscribed"}))
        if self.drops:
            await response.close()
            return response
        self._open.add(response)
        self._heard.set()
        try:
            async for _ in response:
                pass
        finally:
            self._open.discard(response)
        return response


def trade(tick: Tick) -> str:
    return json.dumps(
        {
            "type": "trade",
            "symbol": tick.symbol,
            "id": tick.tick_id,
            "price": str(tick.price),
            "size": str(tick.size),
            "ts_event": tick.ts_event.isoformat(),
        }
    )


@asynccontextmanager
async def tick_server() -> AsyncIterator[TickServer]:
    server = TickServer()
    app = web.Application()
    app.router.add_get("/ticks", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        server.cut()
        await runner.cleanup()
