"""What the trader's client makes of every answer, and of none: against a server that says what it is told."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from jax.adapters.brokers.bridge.bridge_client import BridgeClient, open_bridge_client
from jax.domain.canonical_json import sha256_of
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, PortError, Refused, Unavailable
from jax.ports.order_body import order_body
from tests.contract import broker_venues
from tests.contract.broker_venues import bar, instrument_of

FILL = {
    "execution_id": "e1",
    "client_order_id": "jx1",
    "symbol": "AAPL",
    "side": "BUY",
    "quantity": "10",
    "price": "150",
    "commission": "0",
    "ts_event": "2024-03-04T14:30:00Z",
    "revision": 0,
}
REPORT = {
    "client_order_id": "jx1",
    "venue_order_id": "v1",
    "status": "FILLED",
    "reason_code": None,
    "fills": [FILL],
}


def problem(status: int, code: str, outcome: str | None, **more: Any) -> tuple[int, bytes]:
    document = {"status": status, "code": code, "detail": f"because of {code}", "outcome": outcome, **more}
    return status, json.dumps(document).encode()


@dataclass
class Scripted:
    """A server that answers every request with `answer`; None: it hangs up instead."""

    answer: tuple[int, bytes] | None = None
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    hangs_up_after: int | None = None
    speaks: bool = True
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await self._one(reader, writer):
                pass
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        given = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(given.get("Content-Length", "0")))
        self.requests.append((head[0], given, body))
        if not self.speaks:
            await reader.read()
        late = self.hangs_up_after is not None and len(self.requests) > self.hangs_up_after
        if self.answer is None or late:
            return False
        status, content = self.answer
        # Of no meaning but for a redirection, which nobody may follow.
        headers = f"Location: /elsewhere\r\nContent-Length: {len(content)}"
        writer.write(f"HTTP/1.1 {status} X\r\n{headers}\r\n\r\n".encode() + content)
        await writer.drain()
        return True


@asynccontextmanager
async def line_to(scripted: Scripted, token: str | None = None) -> AsyncIterator[BridgeClient]:
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with open_bridge_client(
        f"http://127.0.0.1:{port}/", boot_id="boot-1", token=token, instrument_of=instrument_of
    ) as client:
        yield client
    server.close()
    for connection in scripted.connections:
        connection.close()
        with suppress(ConnectionError):
            await connection.wait_closed()


def order(client: BridgeClient, **terms: Any) -> Order:
    venue = broker_venues.Venue(client, "paper", Decimal(100_000), client.on_bars)
    return broker_venues.order(venue, "jx1", **terms)


async def test_the_request_holds_the_terms_as_bytes_and_their_hash_and_the_rest_as_headers() -> None:
    scripted = Scripted((200, json.dumps(REPORT).encode()))
    async with line_to(scripted, token="t" * 16) as client:
        deadline = datetime(2024, 3, 4, 15, 0, 0, 123456, tzinfo=UTC)
        placed = order(client, epoch=7, deadline_at=deadline, limit="150.50")
        report = await client.place(placed)
    ((line, headers, body),) = scripted.requests
    assert line == "PUT /api/v1/orders/jx1 HTTP/1.1"
    assert body == order_body(placed)
    assert json.loads(body)["limit_price"] == "150.5"
    assert headers["X-Epoch"] == "7"
    assert headers["X-Deadline-Ns"] == "1709564400123456000"
    assert headers["X-Boot-Id"] == "boot-1"
    assert headers["X-Body-Sha256"] == sha256_of(body)
    assert headers["Authorization"] == "Bearer " + "t" * 16
    assert (report.status, report.fills[0].quantity) == (OrderStatus.FILLED, Decimal(10))


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (problem(410, "DEADLINE_PASSED", "REFUSED"), Refused, "DEADLINE_PASSED"),
        (problem(412, "FENCED", "REFUSED"), Refused, "FENCED"),
        (problem(423, "KILLED", "REFUSED"), Refused, "KILLED"),
        (problem(422, "NO_QUOTE", "REFUSED"), Refused, "NO_QUOTE"),
        (problem(409, "ORDER_DIFFERS", "CONFLICT"), Conflict, None),
        (problem(404, "ORDER_NOT_FOUND", "NOT_FOUND"), NotFound, None),
        (problem(503, "NOT_SYNCHRONISED", "UNAVAILABLE"), Unavailable, None),
        (problem(504, "OUTCOME_UNKNOWN", "UNKNOWN"), OutcomeUnknown, None),
        # A status alone, or an outcome that does not go with it, proves nothing.
        (problem(422, "INVALID_REQUEST", None), OutcomeUnknown, None),
        (problem(404, "NOT_FOUND", None), OutcomeUnknown, None),
        (problem(409, "CONFLICT", None), OutcomeUnknown, None),
        (problem(503, "UNAVAILABLE", None), OutcomeUnknown, None),
        (problem(401, "UNAUTHORIZED", None), OutcomeUnknown, None),
        (problem(500, "INTERNAL_ERROR", None), OutcomeUnknown, None),
        (problem(500, "FENCED", "REFUSED"), OutcomeUnknown, None),
        (problem(404, "FENCED", "REFUSED"), OutcomeUnknown, None),
        (problem(422, "", "REFUSED"), OutcomeUnknown, None),
        ((422, b'{"outcome": "REFUSED", "code": 7}'), OutcomeUnknown, None),
        (problem(410, "X", "NOT_FOUND"), OutcomeUnknown, None),
        (problem(404, "X", "UNAVAILABLE"), OutcomeUnknown, None),
        (problem(503, "X", "CONFLICT"), OutcomeUnknown, None),
        ((201, json.dumps(REPORT).encode()), OutcomeUnknown, None),
        ((302, b"{}"), OutcomeUnknown, None),
        ((307, b"{}"), OutcomeUnknown, None),
        ((200, b"[]"), OutcomeUnknown, None),
        ((200, b"not json"), OutcomeUnknown, None),
        ((200, b"\xff"), OutcomeUnknown, None),
        ((200, b"[" * 100_000), OutcomeUnknown, None),
        ((200, b""), OutcomeUnknown, None),
        (None, OutcomeUnknown, None),
    ],
)
async def test_only_a_clear_answer_is_more_than_unknown(
    answer: tuple[int, bytes] | None, error: type[PortError], code: str | None
) -> None:
    scripted = Scripted(answer)
    async with line_to(scripted) as client:
        for call in (client.place(order(client)), client.cancel("jx1")):
            with pytest.raises(PortError) as raised:
                await call
            assert type(raised.value) is error
            if code is not None:
                assert getattr(raised.value, "code", None) == code
        # Asking changes nothing, so that no answer is no knowledge, and may be asked for again.
        with pytest.raises(PortError) as raised:
            await client.query("jx1")
        assert type(raised.value) is (Unavailable if error is OutcomeUnknown else error)
    assert len(scripted.requests) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"client_order_id": "jx2"},
        {"status": "UNKNOWN"},
        {"status": "ABSENT"},
        {"status": "PENDING_NEW"},
        {"status": None},
        {"venue_order_id": None},
        {"venue_order_id": 7},
        {"reason_code": 7},
        {"fills": None},
        {"fills": 7},
        {"fills": [7]},
        {"fills": [{**FILL, "client_order_id": "jx2"}]},
        {"fills": [{**FILL, "quantity": "0"}]},
        {"fills": [{**FILL, "quantity": 10}]},
        {"fills": [{**FILL, "price": "NaN"}]},
        {"fills": [{**FILL, "price": "x"}]},
        {"fills": [{**FILL, "side": "HOLD"}]},
        {"fills": [{**FILL, "ts_event": "yesterday"}]},
        {"fills": [{**FILL, "revision": True}]},
        {"fills": [{key: value for key, value in FILL.items() if key != "price"}]},
    ],
    ids=lambda change: json.dumps(change)[:40],
)
async def test_a_report_that_cannot_be_read_is_no_report(change: dict[str, Any]) -> None:
    scripted = Scripted((200, json.dumps({**REPORT, **change}).encode()))
    async with line_to(scripted) as client:
        with pytest.raises(OutcomeUnknown, match="cannot be read"):
            await client.place(order(client))
        with pytest.raises(OutcomeUnknown, match="cannot be read"):
            await client.cancel("jx1")
        with pytest.raises(Unavailable, match="cannot be read"):
            await client.query("jx1")


async def test_a_correction_and_a_bust_are_read() -> None:
    fills = [{**FILL, "revision": 1, "quantity": "0"}, {**FILL, "execution_id": "e2", "revision": 2}]
    scripted = Scripted((200, json.dumps({**REPORT, "fills": fills}).encode()))
    async with line_to(scripted) as client:
        report = await client.query("jx1")
    assert [(fill.quantity, fill.revision) for fill in report.fills] == [(Decimal(0), 1), (Decimal(10), 2)]


async def test_a_message_that_met_a_closing_connection_is_not_sent_again() -> None:
    scripted = Scripted((200, json.dumps(REPORT).encode()), hangs_up_after=1)
    async with line_to(scripted) as client:
        await client.place(order(client))
        for call in (client.place(order(client)), client.cancel("jx1")):
            before = len(scripted.requests)
            with pytest.raises(OutcomeUnknown):
                await call
            assert len(scripted.requests) <= before + 1


async def test_no_answer_in_time_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jax.adapters.brokers.bridge.bridge_line._ANSWER_WITHIN_SECONDS", 0.1)

    scripted = Scripted((200, b"{}"), speaks=False)
    async with line_to(scripted) as client:
        with pytest.raises(OutcomeUnknown):
            await client.place(order(client))
        with pytest.raises(Unavailable):
            await client.status("paper")


@pytest.mark.parametrize("document", [{}, {"positions": []}, {"positions": {"AAPL": 1}}, {"events": [{}]}])
async def test_answers_to_questions_that_cannot_be_read_are_none(document: dict[str, Any]) -> None:
    scripted = Scripted((200, json.dumps(document).encode()))
    async with line_to(scripted) as client:
        for call in (
            client.positions("paper"),
            client.working_orders("paper"),
            client.account("paper"),
            client.quote("AAPL"),
            client.status("paper"),
            client.events(after=0),
            client.query_many(["jx1"]),
        ):
            with pytest.raises(Unavailable, match="cannot be read"):
                await call


async def test_more_events_than_the_bridge_gives_at_once_are_asked_for_in_parts() -> None:
    scripted = Scripted((200, b'{"journal": "a1", "events": []}'))
    async with line_to(scripted) as client:
        await client.events(after=3, limit=5000)
    assert scripted.requests[0][0] == "GET /api/v1/events?after=3&limit=1000 HTTP/1.1"


async def test_an_answer_about_an_order_that_was_not_asked_about_is_none() -> None:
    for answer in ({"reports": [REPORT], "not_found": []}, {"reports": [], "not_found": ["jx1"]}):
        scripted = Scripted((200, json.dumps(answer).encode()))
        async with line_to(scripted) as client:
            assert (await client.query_many(["jx1"])).keys() == {"jx1"}
            with pytest.raises(Unavailable, match="about"):
                await client.query_many(["jx2"])


async def test_a_bridge_that_says_no_number_is_believed_about_the_order() -> None:
    scripted = Scripted((200, json.dumps(REPORT).encode()))
    async with line_to(scripted) as client:
        assert (await client.query("jx1")).as_of is None
        scripted.answer = (200, json.dumps({**REPORT, "as_of": 7}).encode())
        assert (await client.query("jx1")).as_of == 7
        for wrong in ("7", 7.0, True):
            scripted.answer = (200, json.dumps({**REPORT, "as_of": wrong}).encode())
            with pytest.raises(Unavailable, match="cannot be read"):
                await client.query("jx1")


async def test_bars_go_in_parts_with_the_instruments_that_are_known() -> None:
    scripted = Scripted((200, b'{"bars": 1}'))
    async with line_to(scripted) as client:
        bars = [bar(day, close="150") for day in range(1500, 0, -1)]
        await client.on_bars([*bars, bar(0, close="1", symbol="GONE")])
    sent = [json.loads(body) for _, _, body in scripted.requests]
    assert [len(part["bars"]) for part in sent] == [1000, 500]
    assert sent[0]["bars"][0]["start"] < sent[1]["bars"][0]["start"]
    assert {instrument["symbol"] for instrument in sent[0]["instruments"]} == {"AAPL"}


async def test_without_instruments_the_bridge_is_told_of_no_bars() -> None:
    scripted = Scripted((200, b"{}"))
    async with line_to(scripted) as client:
        silent = BridgeClient(client._line, "boot-1")
        await silent.on_bars([bar(0, close="150")])
    assert scripted.requests == []
