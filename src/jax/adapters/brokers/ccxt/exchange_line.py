"""The way to the venue through ccxt: one request at a time is listened to, and nothing is sent too early."""

import json
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from jax.adapters.brokers.ccxt.wire_answer import (
    RATE_LIMITED,
    WireAnswer,
    answer_of,
    answer_without_response,
)
from jax.ports.clock import Clock
from jax.ports.errors import Unavailable

T = TypeVar("T")
_NS = 1_000_000_000
_TIMEOUT_MS = 10_000
# What a venue that names no time is given.
_REST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of the venue's API; never part of a text."""

    api_key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(slots=True)
class _Heard:
    """What one call hears; an order does not wait in the queue of ccxt's own pacing."""

    is_urgent: bool
    answer: WireAnswer | None = None


class CallFailed(Exception):
    """A call did not give what it should; `answer` is what came back instead."""

    def __init__(self, answer: WireAnswer) -> None:
        super().__init__(answer.told)
        self.answer = answer


_HEARD: ContextVar[_Heard | None] = ContextVar("heard", default=None)


class ExchangeLine:
    """Calls of one ccxt exchange; `exchange` is it. With `wrapped_in` what is asked for has that member."""

    def __init__(self, exchange: Any, clock: Clock, *, wrapped_in: str | None = None) -> None:
        self.exchange = exchange
        self._wrapped_in = wrapped_in
        self._clock = clock
        self._silent_until_ns = 0

    def check_may_send(self) -> None:
        """Unavailable while the venue wants to hear nothing."""
        left_ns = self._silent_until_ns - self._clock.monotonic_ns()
        if left_ns > 0:
            raise Unavailable(
                f"{self.exchange.id} asked for no more requests; the next may be sent in "
                f"{left_ns / _NS:.1f} seconds"
            )

    async def send(self, call: Callable[[], Awaitable[T]], *, is_urgent: bool = False) -> T:
        """What `call` gives; CallFailed with what came instead, Unavailable while nothing may be sent."""
        self.check_may_send()
        heard = _Heard(is_urgent)
        token = _HEARD.set(heard)
        try:
            result = await call()
            # Of what it cannot read, ccxt makes an empty list, and nothing is missing from one.
            if heard.answer is None or self._is_readable(heard.answer, is_urgent=is_urgent):
                return result
            answer = heard.answer
        except Exception as error:  # noqa: BLE001 - whatever a library raises, the wire says what it means
            answer = heard.answer or answer_without_response(error)
        finally:
            _HEARD.reset(token)
            self._rest(heard.answer)
        # Outside of the handler: what ccxt raised holds addresses with signatures, and is not kept.
        raise CallFailed(answer)

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """As `send`, for what changes nothing at the venue: every failure is Unavailable."""
        try:
            return await self.send(call)
        except CallFailed as error:
            told = error.answer.told
        raise Unavailable(f"{self.exchange.id} could not be asked ({told})")

    def _is_readable(self, answer: WireAnswer, *, is_urgent: bool) -> bool:
        if answer.members is None:
            return False
        return is_urgent or self._wrapped_in is None or self._wrapped_in in answer.members

    def _rest(self, answer: WireAnswer | None) -> None:
        if answer is not None and answer.status in RATE_LIMITED:
            seconds = _REST_SECONDS if answer.retry_after_seconds is None else answer.retry_after_seconds
            until = self._clock.monotonic_ns() + int(seconds * _NS)
            self._silent_until_ns = max(self._silent_until_ns, until)


def make_exchange(
    name: str, credentials: Credentials, clock: Clock, *, url: str | None = None, streams: bool = False
) -> Any:
    """The exchange of ccxt that is called `name`; with `url` all its addresses are there.

    Unavailable when ccxt is not installed or knows no such exchange.
    """
    library = _library(streams=streams)
    known: list[str] = library.exchanges
    if name not in known:
        raise Unavailable(f"ccxt knows no exchange {name!r}; https://docs.ccxt.com lists their names")
    exchange = _listening(getattr(library, name), clock)(
        {
            "apiKey": credentials.api_key,
            "secret": credentials.secret,
            "enableRateLimit": url is None,
            "number": str,
            "timeout": _TIMEOUT_MS,
            # A message is sent once: who may repeat it is decided elsewhere.
            "options": {"maxRetriesOnFailure": 0, "warnOnFetchOpenOrdersWithoutSymbol": False},
        }
    )
    # It would write requests with their signatures.
    exchange.logger.setLevel(logging.WARNING)
    exchange.timeout_on_exit = 0
    if url is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], url)
    return exchange


def _library(*, streams: bool) -> Any:
    # Seconds to import: only for who trades through it.
    try:
        if streams:
            import ccxt.pro as library  # type: ignore[import-untyped]
        else:
            import ccxt.async_support as library  # type: ignore[import-untyped]
    except ImportError as error:
        raise Unavailable(
            "the backend ccxt needs the extra jax-trading-assistant[ccxt]: install it, or unset "
            "BRIDGE_BACKEND for the default paper"
        ) from error
    return library


def _listening(exchange_class: Any, clock: Clock) -> Any:
    """The class, telling what came back and taking the time from our clock."""

    class Listening(exchange_class):  # type: ignore[misc]
        def on_rest_response(self, code: int, *rest: Any) -> str:
            _reason, _url, _method, headers, body = rest[:5]
            heard = _HEARD.get()
            if heard is not None:
                heard.answer = answer_of(code, headers, body, now=clock.now())
            return str(body).strip()

        def on_json_response(self, body: str) -> Any:
            # A number is what was written, and no float near it.
            return json.loads(body, parse_float=str, parse_int=str)

        def milliseconds(self) -> int:
            return int(clock.now().timestamp() * 1000)

        async def throttle(self, cost: Any = None) -> None:
            heard = _HEARD.get()
            if heard is None or not heard.is_urgent:
                await super().throttle(cost)

    return Listening


def _moved(addresses: Any, url: str) -> Any:
    """The same paths at another host; addresses of WebSockets keep their scheme."""
    if isinstance(addresses, dict):
        return {name: _moved(address, url) for name, address in addresses.items()}
    parts, target = urlsplit(addresses), urlsplit(url)
    scheme = "ws" if parts.scheme in {"ws", "wss"} else target.scheme
    return parts._replace(scheme=scheme, netloc=target.netloc).geturl()
