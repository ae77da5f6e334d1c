"""A Broker that is a bridge at an address."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from jax.adapters.brokers.bridge import documents
from jax.adapters.brokers.bridge.bridge_line import BridgeLine, Message, open_line
from jax.adapters.brokers.bridge.bridge_reader import BridgeReader, understood
from jax.domain.bar import Bar
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.ports.broker import JournalPage, OrderReport, WorkingOrder
from jax.ports.errors import NotFound, OutcomeUnknown
from jax.ports.order_body import order_body

InstrumentOf = Callable[[str], Awaitable[Instrument]]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BARS_AT_ONCE = 1000
_EVENTS_AT_ONCE = 1000


class BridgeClient(BridgeReader):
    """A Broker, and a BarListener that moves the market of a bridge whose venue is paper."""

    def __init__(self, line: BridgeLine, boot_id: str, instrument_of: InstrumentOf | None = None) -> None:
        """`boot_id` names this process; without `instrument_of` the bridge is told of no bars."""
        super().__init__(line)
        self._line = line
        self._boot_id = boot_id
        self._instrument_of = instrument_of

    async def place(self, order: Order) -> OrderReport:
        """One message, whatever comes of it: a repeat is the caller's decision."""
        body = order_body(order)
        headers = {
            "Content-Type": "application/json",
            "X-Epoch": str(order.epoch),
            "X-Deadline-Ns": str((order.deadline_at - _EPOCH) // _MICROSECOND * 1000),
            "X-Boot-Id": self._boot_id,
            "X-Body-Sha256": sha256_of(body),
        }
        message = Message("PUT", _path_of(order.client_order_id), body=body, headers=headers)
        return await self._told_of(message, order.client_order_id)

    async def query(self, client_order_id: str) -> OrderReport:
        document = await self._line.ask(_path_of(client_order_id))
        return understood(lambda: documents.report_of(document, client_order_id))

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        if not client_order_ids:
            return {}
        ids = urlencode([("id", name) for name in client_order_ids])
        document = await self._line.ask(f"/api/v1/reports?{ids}")
        return understood(lambda: documents.reports_of(document, client_order_ids))

    async def cancel(self, client_order_id: str) -> OrderReport:
        return await self._told_of(Message("DELETE", _path_of(client_order_id)), client_order_id)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        document = await self._line.ask("/api/v1/orders", {"account": account})
        return understood(lambda: list(map(documents.working_order_of, document["orders"])))

    async def raise_epoch(self, account: str, epoch: int) -> None:
        await self._line.tell(_json("POST", "/api/v1/epoch", {"account": account, "epoch": epoch}))

    async def kill(self, account: str, *, reason: str) -> None:
        await self._line.tell(_json("POST", "/api/v1/kill", {"account": account, "reason": reason}))

    async def release_kill(self, account: str) -> None:
        await self._line.tell(Message("DELETE", "/api/v1/kill", {"account": account}))

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        params = {"after": str(after), "limit": str(min(limit, _EVENTS_AT_ONCE))}
        document = await self._line.ask("/api/v1/events", params)
        return understood(lambda: documents.page_of(document))

    async def on_bars(self, bars: Sequence[Bar]) -> None:
        """Bars of symbols without an instrument are passed over: an order for them is refused."""
        if self._instrument_of is None:
            return
        instruments: dict[str, Instrument] = {}
        for symbol in {bar.symbol for bar in bars}:
            try:
                instruments[symbol] = await self._instrument_of(symbol)
            except NotFound:
                continue
        known = sorted((bar for bar in bars if bar.symbol in instruments), key=lambda bar: bar.end)
        told = [documents.document_of_instrument(instrument) for instrument in instruments.values()]
        for start in range(0, len(known), _BARS_AT_ONCE):
            some = [documents.document_of_bar(bar) for bar in known[start : start + _BARS_AT_ONCE]]
            await self._line.tell(_json("POST", "/api/v1/bars", {"bars": some, "instruments": told}))

    async def _told_of(self, message: Message, client_order_id: str) -> OrderReport:
        document = await self._line.tell(message)
        try:
            return documents.report_of(document, client_order_id)
        except (InvalidValue, ValueError, KeyError, TypeError, AttributeError) as error:
            raise OutcomeUnknown(
                f"the bridge's answer about order {client_order_id} cannot be read: {error!r}"
            ) from error


@asynccontextmanager
async def open_bridge_client(
    url: str, *, boot_id: str, token: str | None = None, instrument_of: InstrumentOf | None = None
) -> AsyncIterator[BridgeClient]:
    """The bridge at `url`, such as http://127.0.0.1:8092, whether or not it is there yet."""
    async with open_line(url, token) as line:
        yield BridgeClient(line, boot_id, instrument_of)


def _path_of(client_order_id: str) -> str:
    return f"/api/v1/orders/{client_order_id}"


def _json(method: str, path: str, document: Mapping[str, Any]) -> Message:
    return Message(
        method, path, body=json.dumps(document).encode(), headers={"Content-Type": "application/json"}
    )
