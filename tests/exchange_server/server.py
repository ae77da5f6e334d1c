"""An exchange's REST on loopback: the same way in for both, their words are their own files'."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from tests.exchange_server.book import ExchangeBook, ExchangeOrder
from tests.exchange_server.faults import Fault, Faults

API_KEY = "the-api-key-of-the-tests"
# BtcTurk wants base64.
SECRET = "dGhlLXNlY3JldC1vZi10aGUtdGVzdHM="


class Answered(Exception):
    """An error in the exchange's own words."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.document = document


class Words(Protocol):
    """How an exchange speaks."""

    def routes(self) -> dict[tuple[str, str], Callable[[dict[str, str]], Any]]:
        """By method and path: what answers to the parameters."""
        ...

    def check_signature(self, request: web.Request, body: str) -> None:
        """Answered when the request is not signed as it must be."""
        ...

    def rate_limited(self) -> str:
        """The body of an answer with status 429."""
        ...


@dataclass
class Exchange:
    """A running exchange; `requests` is every request that came, as method and path.

    `streams` are the ends of its WebSockets, by path.
    """

    url: str
    book: ExchangeBook
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str]] = field(default_factory=list)
    requests_with_bad_signature: int = 0
    streams: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = field(default_factory=dict)

    def visible(self, order: ExchangeOrder) -> bool:
        return order.name not in self.faults.invisible

    def placed(self) -> int:
        """How many requests to place an order have come."""
        return sum(1 for method, path in self.requests if method == "POST" and path.endswith("/order"))

    def is_limited(self, retry_after: str, words: Words, *, after: bool = False) -> None:
        """The next order is answered with 429."""
        self.faults.waiting.append(
            Fault(
                "STATUS",
                status=429,
                body=words.rate_limited(),
                headers={"Retry-After": retry_after},
                after=after,
            )
        )


@asynccontextmanager
async def running_exchange(
    book: ExchangeBook, make_words: Callable[[Exchange], Words]
) -> AsyncIterator[Exchange]:
    """The exchange behind a real server until the block ends."""
    exchange = Exchange("", book)
    words = make_words(exchange)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", _handler(exchange, words))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    exchange.url = f"http://127.0.0.1:{port}"
    try:
        yield exchange
    finally:
        await runner.cleanup()


def _handler(exchange: Exchange, words: Words) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    routes = words.routes()

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path in exchange.streams:
            return await exchange.streams[request.path](request)
        body = (await request.read()).decode()
        exchange.requests.append((request.method, request.path))
        fault = exchange.faults.take(request.method, request.path)
        if fault is not None and not fault.after:
            return await _fail(request, fault)
        status, document = _answer(exchange, words, routes, request, body)
        if fault is not None:
            return await _fail(request, fault)
        return web.json_response(document, status=status)

    return handle


def _answer(
    exchange: Exchange, words: Words, routes: dict[tuple[str, str], Any], request: web.Request, body: str
) -> tuple[int, Any]:
    try:
        words.check_signature(request, body)
        answer = routes.get((request.method, request.path))
        if answer is None:
            return 404, {}
        return 200, answer(_parameters(request, body))
    except Answered as said:
        return said.status, said.document


def _parameters(request: web.Request, body: str) -> dict[str, str]:
    parameters = dict(request.query)
    if request.content_type == "application/json" and body:
        parameters.update({name: str(value) for name, value in json.loads(body).items()})
    elif body:
        parameters.update(parse_qsl(body))
    return parameters


async def _fail(request: web.Request, fault: Fault) -> web.StreamResponse:
    if fault.kind == "STATUS":
        return web.Response(
            status=fault.status, text=fault.body, headers=fault.headers, content_type="application/json"
        )
    if fault.kind == "GARBAGE":
        return web.Response(text="<html>busy</html>", content_type="text/html")
    if fault.kind == "RESET":
        transport = request.transport
        assert transport is not None
        transport.abort()
        return web.Response()
    assert fault.kind == "TIMEOUT"
    await asyncio.sleep(3600)
    return web.Response()
