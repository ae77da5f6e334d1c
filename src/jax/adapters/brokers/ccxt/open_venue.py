"""Opens a venue of ccxt, or says why it cannot be traded."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.adapters.brokers.ccxt.dialects import dialect_of, stream_host_of
from jax.adapters.brokers.ccxt.exchange_line import CallFailed, Credentials, ExchangeLine, make_exchange
from jax.adapters.brokers.ccxt.order_updates import CcxtOrderStream, OrderUpdates, Tell
from jax.adapters.brokers.ccxt.sending_limits import SendingLimits
from jax.adapters.brokers.ccxt.sent_orders import open_sent_orders
from jax.adapters.brokers.ccxt.traded_markets import traded_markets
from jax.adapters.brokers.ccxt.venue import CcxtVenue
from jax.adapters.brokers.ccxt.venue_calls import VenueCalls
from jax.ports.clock import Clock
from jax.ports.errors import Unavailable

# A venue refuses what is stamped later than its own time by more than a second.
_LARGEST_CLOCK_DIFFERENCE_MS = 1000


@dataclass(frozen=True, slots=True)
class CcxtAccount:
    """Which venue, with which keys, and what of it is traded (`symbols`: ours > ccxt's).

    `url` is where tests have their venue; None: where ccxt knows it.
    """

    exchange: str
    credentials: Credentials
    symbols: Mapping[str, str]
    limits: SendingLimits
    url: str | None = None


@asynccontextmanager
async def open_ccxt_venue(path: Path, account: CcxtAccount, *, clock: Clock) -> AsyncIterator[CcxtVenue]:
    """The venue, with the record of what was sent to it in the file `path`.

    Unavailable says why it cannot be traded: no ccxt, no such exchange, no such market, keys that it refuses,
    a clock that differs from its own.
    """
    exchange = make_exchange(account.exchange, account.credentials, clock, url=account.url)
    try:
        dialect = dialect_of(exchange)
        line = ExchangeLine(exchange, clock, wrapped_in=dialect.wrapped_in)
        listed = await _first(line, exchange.load_markets, "lists no markets")
        markets = traded_markets(listed, account.symbols)
        await _check_clock(line)
        await _first(line, exchange.fetch_balance, "does not show the account: are the keys right?")
        with open_sent_orders(path) as sent:
            yield CcxtVenue(VenueCalls(line, dialect), markets, sent, account.limits, clock)
    finally:
        await exchange.close()


@asynccontextmanager
async def updates_of(
    venue: CcxtVenue, account: CcxtAccount, tell: Tell, *, clock: Clock
) -> AsyncIterator[OrderUpdates]:
    """Tells of the venue's orders while the block runs, by its stream if it has one."""
    exchange = _streaming_exchange(account, clock)
    updates = OrderUpdates(venue, tell, None if exchange is None else CcxtOrderStream(exchange))
    running = asyncio.create_task(updates.run())
    try:
        yield updates
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        if exchange is not None:
            await exchange.close()


def _streaming_exchange(account: CcxtAccount, clock: Clock) -> Any:
    host = stream_host_of(account.exchange)
    if host is None:
        return None
    exchange = make_exchange(account.exchange, account.credentials, clock, url=account.url, streams=True)
    if account.url is None:
        exchange.urls["api"]["ws"]["ws-api"]["spot"] = f"wss://{host}:443/ws-api/v3"
    return exchange


async def _first(line: ExchangeLine, call: Any, failing: str) -> Any:
    try:
        return await line.send(call)
    except CallFailed as failed:
        told = failed.answer.told
    raise Unavailable(f"{line.exchange.id} {failing} ({told})")


async def _check_clock(line: ExchangeLine) -> None:
    exchange = line.exchange
    if not exchange.has.get("fetchTime"):
        return
    theirs = int(await _first(line, exchange.fetch_time, "does not say what time it is"))
    difference = Decimal(exchange.milliseconds() - theirs)
    if not (abs(difference) <= _LARGEST_CLOCK_DIFFERENCE_MS):
        raise Unavailable(
            f"this machine's clock differs from that of {exchange.id} by {difference} milliseconds: "
            "synchronise it"
        )
