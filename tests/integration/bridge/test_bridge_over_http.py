"""The bridge's routes, as any client of HTTP meets them."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from jax.app.console import CommandFailed
from jax.app.http.guard import Access
from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable
from jax.ports.order_body import order_body
from tests.contract.broker_venues import OPENING, Venue, order
from tests.integration.bridge.bridge_wire import Wire, open_wire, told


async def test_an_order_is_placed_asked_about_and_found_in_the_account(wire: Wire) -> None:
    placed = await wire.put("jx1")
    assert placed.status_code == 200
    document = placed.json()
    (fill,) = document.pop("fills")
    assert document == {
        "client_order_id": "jx1",
        "venue_order_id": "paper-1",
        "status": "FILLED",
        "reason_code": None,
        # The paper venue has told of it twice: that it works, and that it was filled.
        "as_of": 2,
    }
    assert (fill["quantity"], fill["price"], fill["revision"]) == ("10", "150", 0)
    assert (await wire.put("jx1")).json() == placed.json()
    assert (await wire.http.get("/api/v1/orders/jx1")).json() == placed.json()
    positions = await wire.http.get("/api/v1/positions", params={"account": "paper"})
    assert positions.json() == {"positions": {"AAPL": "10"}}
    account = await wire.http.get("/api/v1/account", params={"account": "paper"})
    assert account.json() == {
        "account": "paper",
        "currency": "USD",
        "cash": "98500",
        "net_liquidation": "100000",
        "buying_power": "98500",
    }
    executions = await wire.http.get("/api/v1/executions", params={"account": "paper"})
    assert executions.json() == {"executions": [{"seq": 1, "fill": fill}]}
    none = await wire.http.get("/api/v1/executions", params={"account": "paper", "after": 1})
    assert none.json() == {"executions": []}


async def test_many_orders_are_asked_about_in_one_request(wire: Wire) -> None:
    await wire.put("jx1")
    answer = await wire.http.get("/api/v1/reports", params={"id": ["jx1", "jx9, or so"]})
    alone = (await wire.http.get("/api/v1/orders/jx1")).json()
    assert answer.json() == {"reports": [alone], "not_found": ["jx9, or so"]}
    for wrong in ([], ["jx1"] * 101, [""], ["j" * 65]):
        assert (await wire.http.get("/api/v1/reports", params={"id": wrong})).status_code == 422


async def test_refusals_have_the_status_of_their_code(wire: Wire) -> None:
    late = str(int((OPENING - timedelta(seconds=1)).timestamp()) * 10**9)
    assert told(await wire.put("jx1", headers={"X-Deadline-Ns": late})) == (410, "DEADLINE_PASSED", "REFUSED")
    assert told(await wire.put("jx2", symbol="MSFT")) == (422, "NO_QUOTE", "REFUSED")
    await wire.put("jx3")
    assert told(await wire.put("jx3", quantity=11)) == (409, "ORDER_DIFFERS", "CONFLICT")
    await wire.http.post("/api/v1/epoch", json={"account": "paper", "epoch": 5})
    assert told(await wire.put("jx4", epoch=4)) == (412, "FENCED", "REFUSED")
    lower = await wire.http.post("/api/v1/epoch", json={"account": "paper", "epoch": 4})
    assert told(lower) == (412, "FENCED", "REFUSED")
    await wire.http.post("/api/v1/kill", json={"account": "paper", "reason": "drill"})
    refused = await wire.put("jx5", epoch=5)
    assert told(refused) == (423, "KILLED", "REFUSED")
    assert refused.json()["client_order_id"] == "jx5"
    assert told(await wire.http.get("/api/v1/orders/jx9")) == (404, "ORDER_NOT_FOUND", "NOT_FOUND")
    assert told(await wire.http.delete("/api/v1/orders/jx9")) == (404, "ORDER_NOT_FOUND", "NOT_FOUND")


async def test_what_cannot_be_known_is_503_and_never_404(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(client_order_id: str) -> None:
        raise Unavailable("not synchronised")

    await wire.put("jx1")
    monkeypatch.setattr(wire.bridge.desk._venue, "query", away)
    asked = await wire.http.get("/api/v1/orders/jx9")
    assert told(asked) == (503, "NOT_SYNCHRONISED", "UNAVAILABLE")
    assert told(await wire.put("jx1")) == (504, "OUTCOME_UNKNOWN", "UNKNOWN")


@pytest.mark.parametrize("header", ["X-Epoch", "X-Deadline-Ns", "X-Boot-Id", "X-Body-Sha256"])
async def test_a_header_that_is_missing_is_named_and_nothing_is_sent(wire: Wire, header: str) -> None:
    response = await wire.put("jx1", headers={header: None})
    assert told(response) == (422, "INVALID_VALUE", None)
    assert header in response.json()["detail"]
    assert told(await wire.http.get("/api/v1/orders/jx1"))[0] == 404


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Epoch", "-1"),
        ("X-Epoch", "1.0"),
        ("X-Epoch", "9223372036854775808"),
        ("X-Epoch", "9" * 5000),
        ("X-Deadline-Ns", "soon"),
        ("X-Deadline-Ns", "253402300800000000000"),
        ("X-Deadline-Ns", "+1"),
    ],
)
async def test_a_header_that_cannot_be_is_named(wire: Wire, header: str, value: str) -> None:
    response = await wire.put("jx1", headers={header: value})
    assert told(response) == (422, "INVALID_VALUE", None)
    assert header in response.json()["detail"]


async def test_a_body_that_is_not_the_one_that_was_hashed_is_not_sent(wire: Wire) -> None:
    response = await wire.put("jx1", headers={"X-Body-Sha256": "sha256:" + "0" * 64})
    assert told(response) == (422, "BODY_DIFFERS", None)
    assert told(await wire.http.get("/api/v1/orders/jx1"))[0] == 404


def changed(**terms: Any) -> bytes:
    venue: Any = None
    made = order(Venue(venue, "paper", Decimal(0), venue), "jx1")
    return json.dumps({**json.loads(order_body(made)), **terms}).encode()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b"{", "body"),
        (b'{"a": 1, "a": 2}', "body"),
        (b"{}", "account"),
        (changed(extra=1), "extra"),
        (changed(quantity=10), "quantity"),
        (changed(quantity=None), "quantity"),
        (changed(quantity="NaN"), "quantity"),
        (changed(quantity="Infinity"), "quantity"),
        (changed(quantity="1e400"), "quantity"),
        (changed(quantity="0"), "quantity"),
        (changed(quantity="-1"), "quantity"),
        (changed(quantity="1" * 41), "quantity"),
        (changed(limit_price="150"), "limit_price"),
        (changed(side="HOLD"), "side"),
        (changed(side=1), "side"),
        (changed(order_type="STOP"), "stop_price"),
        (changed(leg="ELBOW"), "leg"),
        (changed(revision=-1), "revision"),
        (changed(revision=True), "revision"),
        (changed(revision="0"), "revision"),
        (changed(symbol="aapl"), "symbol"),
        (changed(artifact_hash="abc"), "artifact_hash"),
        (changed(account=""), "account"),
    ],
    ids=lambda value: str(value)[-40:],
)
async def test_a_body_that_is_no_order_is_named_and_nothing_is_sent(
    wire: Wire, body: bytes, field: str
) -> None:
    response = await wire.put("jx1", body=body)
    assert told(response) == (422, "INVALID_VALUE", None)
    assert field in response.json()["detail"]
    assert (await wire.bridge.desk.events(after=0)).events == []


async def test_the_same_terms_in_another_spelling_are_the_same_order(wire: Wire) -> None:
    first = await wire.put("jx1")
    assert (await wire.put("jx1", body=changed(quantity="10.00"))).json() == first.json()


async def test_working_orders_events_status_and_cancel(wire: Wire) -> None:
    await wire.put("jx1", limit="140")
    working = await wire.http.get("/api/v1/orders", params={"account": "paper"})
    assert working.json()["orders"] == [
        {
            "client_order_id": "jx1",
            "venue_order_id": "paper-1",
            "symbol": "AAPL",
            "side": "BUY",
            "leaves_quantity": "10",
        }
    ]
    assert (await wire.http.delete("/api/v1/orders/jx1")).json()["status"] == "CANCELED"
    page = (await wire.http.get("/api/v1/events", params={"after": 1})).json()
    events = page["events"]
    assert page["journal"] == (await wire.bridge.desk.events(after=0)).journal
    assert [(event["seq"], event["kind"], event["client_order_id"]) for event in events] == [
        (2, "ORDER", "jx1")
    ]
    status = await wire.http.get("/api/v1/status", params={"account": "paper"})
    assert status.json() == {
        "venue": "paper",
        "is_live": False,
        "has_brackets": True,
        "problem": None,
        "killed": None,
        "epoch": 0,
    }


async def test_a_kill_and_its_release(wire: Wire) -> None:
    await wire.put("jx1", limit="140")
    killed = await wire.http.post("/api/v1/kill", json={"account": "paper", "reason": "drill"})
    assert killed.json()["killed"] == "drill"
    assert (await wire.http.get("/api/v1/orders/jx1")).json()["status"] == "CANCELED"
    health = await wire.http.get("/health")
    assert (health.status_code, health.json()["killed"]) == (503, "drill")
    released = await wire.http.delete("/api/v1/kill", params={"account": "paper"})
    assert released.json()["killed"] is None
    assert (await wire.put("jx2")).json()["status"] == "FILLED"


async def test_health_says_what_runs(wire: Wire) -> None:
    await wire.http.post("/api/v1/epoch", json={"account": "paper", "epoch": 5})
    wire.clock.advance(timedelta(seconds=2.5))
    response = await wire.http.get("/health")
    document = response.json()
    assert response.status_code == 200
    assert (document["status"], document["backend"], document["epoch"]) == ("ok", "paper", 5)
    assert (document["uptime_seconds"], document["reasons"]) == (2.5, [])


async def test_quotes_and_candles_follow_the_bars(wire: Wire) -> None:
    await wire.bars(2, "152")
    await wire.bars(1, "151")
    quote = (await wire.http.get("/api/v1/quotes/AAPL")).json()
    assert (quote["bid"], quote["ask"]) == ("152", "152")
    candles = (await wire.http.get("/api/v1/candles/AAPL", params={"limit": 2})).json()["candles"]
    assert [candle["close"] for candle in candles] == ["151", "152"]
    assert told(await wire.http.get("/api/v1/quotes/BTC/USDT"))[0] == 404
    assert told(await wire.http.get("/api/v1/candles/MSFT"))[0] == 404


async def test_a_symbol_needs_its_instrument_once(tmp_path: Path) -> None:
    async with open_wire(tmp_path) as wire:
        unknown = await wire.bars(0, "150", instruments=[])
        assert told(unknown) == (422, "INVALID_VALUE", None)
        assert "bars[0].symbol" in unknown.json()["detail"]
        assert (await wire.bars(0, "150")).status_code == 200
        assert (await wire.bars(1, "150", instruments=[])).status_code == 200
    async with open_wire(tmp_path) as again:
        assert (await again.bars(2, "150", instruments=[])).status_code == 200


async def test_a_bar_that_contradicts_itself_is_named(wire: Wire) -> None:
    start = OPENING + timedelta(days=1)
    bar = {"symbol": "AAPL", "timeframe": "1d", "volume": "1000", "start": start.isoformat()}
    prices = {"open": "150", "high": "149", "low": "150", "close": "150"}
    body = {"bars": [{**bar, **prices, "end": (start + timedelta(hours=1)).isoformat()}]}
    response = await wire.http.post("/api/v1/bars", json=body)
    assert told(response) == (422, "INVALID_VALUE", None)
    assert "bars[0].bar" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/v1/orders", {}),
        ("/api/v1/positions", {"account": ""}),
        ("/api/v1/events", {"after": "-1"}),
        ("/api/v1/events", {"limit": "1001"}),
        ("/api/v1/executions", {"account": "paper", "limit": "0"}),
    ],
)
async def test_questions_that_cannot_be_answered_are_refused(
    wire: Wire, path: str, params: dict[str, str]
) -> None:
    assert told(await wire.http.get(path, params=params)) == (422, "INVALID_REQUEST", None)


@pytest.mark.parametrize("path", ["orders", "positions", "account", "executions"])
async def test_an_account_that_is_not_there_is_not_found(wire: Wire, path: str) -> None:
    response = await wire.http.get(f"/api/v1/{path}", params={"account": "nobody"})
    assert told(response) == (404, "NOT_FOUND", "NOT_FOUND")


async def test_a_token_is_asked_of_everything_but_health(tmp_path: Path) -> None:
    async with open_wire(tmp_path, Access(token="t" * 16, hosts=None)) as wire:
        assert (await wire.http.get("/health")).status_code == 200
        assert told(await wire.put("jx1"))[:2] == (401, "UNAUTHORIZED")
        kill = await wire.http.post("/api/v1/kill", json={"account": "paper", "reason": "drill"})
        assert told(kill)[:2] == (401, "UNAUTHORIZED")
        headers = {"Authorization": "Bearer " + "t" * 16}
        status = await wire.http.get("/api/v1/status", params={"account": "paper"}, headers=headers)
        assert status.json()["killed"] is None


async def test_the_breaker_is_set_by_the_environment(tmp_path: Path) -> None:
    async with open_wire(tmp_path, BRIDGE_MAX_NOTIONAL_PER_MINUTE="1500") as wire:
        await wire.bars(0, "150")
        assert (await wire.put("jx1")).status_code == 200
        assert told(await wire.put("jx2", quantity=1)) == (422, "BREAKER", "REFUSED")


async def test_the_paper_venue_is_set_by_the_environment(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "PAPER_STARTING_CASH": "500",
        "PAPER_COMMISSION_BPS": "10",
        "PAPER_VOLUME_FRACTION": "0.004",
    }
    async with open_wire(tmp_path, **settings) as wire:
        await wire.bars(0, "100")
        document = (await wire.put("jx1")).json()
        assert document["status"] == "PARTIALLY_FILLED"
        assert (document["fills"][0]["quantity"], document["fills"][0]["commission"]) == ("4", "0.4")
        account = await wire.http.get("/api/v1/account", params={"account": "paper"})
        assert account.json()["cash"] == "99.6"


async def test_the_paper_venue_lies_when_told_to(tmp_path: Path) -> None:
    async with open_wire(tmp_path, PAPER_FAULTS="seed=7 lost_answer=1") as wire:
        await wire.bars(0, "150")
        assert told(await wire.put("jx1")) == (504, "OUTCOME_UNKNOWN", "UNKNOWN")
        assert await wire.bridge.venue.executions("paper", after=0)


@pytest.mark.parametrize("faults", ["seed=7 gremlins=1", "seed=7 delay=2", "seed=7.5", "seed=7 seed=8"])
async def test_lies_that_there_are_not_are_named(tmp_path: Path, faults: str) -> None:
    with pytest.raises((CommandFailed, InvalidValue, ValidationError), match=r"gremlins|delay|seed"):
        async with open_wire(tmp_path, PAPER_FAULTS=faults):
            pass


async def test_the_description_names_every_route_with_its_headers_and_problems(wire: Wire) -> None:
    document = (await wire.http.get("/openapi.json")).json()
    place = document["paths"]["/api/v1/orders/{client_order_id}"]["put"]
    headers = {parameter["name"] for parameter in place["parameters"] if parameter["in"] == "header"}
    assert headers == {"X-Epoch", "X-Deadline-Ns", "X-Boot-Id", "X-Body-Sha256"}
    assert {"200", "409", "410", "412", "422", "423", "503", "504"} <= set(place["responses"])
    assert "requestBody" in place
    assert len(document["paths"]) == 15
