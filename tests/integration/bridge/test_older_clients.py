"""The two routes of the bridge before this one."""

from typing import Any

import pytest

from tests.integration.bridge.bridge_wire import Wire, told


async def test_older_clients_place_and_follow_an_order(wire: Wire) -> None:
    placed = await wire.http.post(
        "/api/v1/orders", json={"symbol": "AAPL", "action": "BUY", "quantity": 3, "order_type": "MKT"}
    )
    document = placed.json()
    assert (placed.status_code, document["success"]) == (200, True)
    status = await wire.http.get(f"/api/v1/orders/{document['order_id']}/status")
    assert {**status.json(), "last_update": None} == {
        "order_id": document["order_id"],
        "status": "Filled",
        "filled_qty": 3.0,
        "avg_fill_price": 150.0,
        "last_update": None,
    }
    working = await wire.http.post(
        "/api/v1/orders",
        json={"symbol": "AAPL", "action": "SELL", "quantity": 3, "order_type": "LMT", "limit_price": 160.5},
    )
    status = await wire.http.get(f"/api/v1/orders/{working.json()['order_id']}/status")
    assert (status.json()["status"], status.json()["avg_fill_price"]) == ("Submitted", 0.0)
    await wire.http.delete(f"/api/v1/orders/old-{working.json()['order_id']}")
    status = await wire.http.get(f"/api/v1/orders/{working.json()['order_id']}/status")
    assert status.json()["status"] == "Cancelled"


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": 0},
        {"action": "HOLD"},
        {"order_type": "LMT"},
        {"limit_price": 150},
        {"order_type": "STP"},
        {"order_type": "LMT", "limit_price": "NaN"},
        {"order_type": "LMT", "limit_price": -1},
    ],
)
async def test_older_clients_are_told_what_is_wrong(wire: Wire, change: dict[str, Any]) -> None:
    body = {"symbol": "AAPL", "action": "BUY", "quantity": 3, **change}
    assert (await wire.http.post("/api/v1/orders", json=body)).status_code == 422
    assert (await wire.bridge.desk.events(after=0)).events == []


async def test_orders_without_a_signal_are_for_play_money_only(wire: Wire) -> None:
    facts = wire.bridge.facts
    object.__setattr__(facts, "backend", "ib")
    response = await wire.http.post("/api/v1/orders", json={"symbol": "AAPL", "action": "BUY", "quantity": 3})
    assert told(response) == (403, "ORDER_WITHOUT_SIGNAL", None)
    assert (await wire.bridge.desk.events(after=0)).events == []
