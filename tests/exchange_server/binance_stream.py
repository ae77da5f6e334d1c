"""Binance's WebSocket API, as far as it tells of the account's orders."""

import asyncio
import hashlib
import hmac
import json
from typing import Any

from aiohttp import WSMsgType, web

from tests.exchange_server.book import ExchangeOrder
from tests.exchange_server.server import API_KEY, SECRET, Exchange

PATH = "/ws-api/v3"


class BinanceStream:
    """`subscribed` is set once somebody with the right signature listens."""

    def __init__(self, exchange: Exchange) -> None:
        self.subscribed = asyncio.Event()
        self._exchange = exchange
        self._open: set[web.WebSocketResponse] = set()
        self._telling: set[asyncio.Task[None]] = set()
        exchange.book.changed = self.tell
        exchange.streams[PATH] = self.serve

    async def serve(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._hear(socket, json.loads(message.data))
        self._open.discard(socket)
        return socket

    async def _hear(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> None:
        assert asked["method"] == "userDataStream.subscribe.signature"
        given = dict(asked["params"])
        signature = given.pop("signature")
        signed = "&".join(f"{key}={given[key]}" for key in sorted(given))
        right = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
        if given["apiKey"] != API_KEY or signature != right:
            self._exchange.requests_with_bad_signature += 1
            error = {"code": -1022, "msg": "Signature for this request is not valid."}
            await socket.send_json({"id": asked["id"], "status": 400, "error": error})
            return
        self._open.add(socket)
        await socket.send_json({"id": asked["id"], "status": 200, "result": {"subscriptionId": 0}})
        self.subscribed.set()

    def tell(self, order: ExchangeOrder) -> None:
        event = {
            "e": "executionReport",
            "E": order.at,
            "s": order.pair.name,
            "c": order.name,
            "S": order.side,
            "o": order.kind,
            "f": "GTC",
            "q": str(order.quantity),
            "p": str(order.price or 0),
            "P": str(order.stop or 0),
            "C": "",
            "x": "TRADE" if order.trades else order.status,
            "X": order.status,
            "r": "NONE",
            "i": order.number,
            "z": str(order.filled),
            "Z": str(order.paid),
            "T": order.at,
            "t": -1,
            "O": order.at,
        }
        for socket in self._open:
            task = asyncio.create_task(socket.send_json({"subscriptionId": 0, "event": event}))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def lose(self) -> None:
        """The connections end."""
        self.subscribed.clear()
        for socket in list(self._open):
            await socket.close()
