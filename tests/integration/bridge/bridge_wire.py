"""An HTTP client of a bridge in this process."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from jax.adapters.memory.clock import SettableClock
from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.app import create_app
from jax.app.bridge.settings import BridgeSettings
from jax.app.bridge.wiring import open_bridge
from jax.app.http.guard import Access
from jax.domain.canonical_json import sha256_of
from jax.ports.order_body import order_body
from tests.contract.broker_venues import OPENING, Venue, order

Headers = Mapping[str, str | None]
AAPL = {"symbol": "AAPL", "mic": "XNAS", "currency": "USD", "price_increment": "0.01", "lot_size": "1"}


@dataclass(frozen=True)
class Wire:
    """An HTTP client of a bridge in this process."""

    http: httpx.AsyncClient
    bridge: Bridge
    clock: SettableClock

    async def bars(self, day: int, close: str, **more: Any) -> httpx.Response:
        start = OPENING + timedelta(days=day)
        bar = {"symbol": "AAPL", "timeframe": "1d", "volume": "1000"}
        prices = dict.fromkeys(("open", "high", "low", "close"), close)
        times = {"start": start.isoformat(), "end": (start + timedelta(hours=6)).isoformat()}
        body = {"bars": [{**bar, **prices, **times}], "instruments": [AAPL], **more}
        return await self.http.post("/api/v1/bars", json=body)

    async def put(
        self, name: str, *, body: bytes | None = None, headers: Headers | None = None, **terms: Any
    ) -> httpx.Response:
        """Places an order; headers and body are right unless told otherwise, None is left out."""
        made = order(Venue(self.bridge.desk, "paper", Decimal(0), self.bridge.venue.on_bars), name, **terms)
        sent = order_body(made) if body is None else body
        right = {
            "X-Epoch": str(made.epoch),
            "X-Deadline-Ns": str(int(made.deadline_at.timestamp()) * 10**9),
            "X-Boot-Id": "boot-1",
            "X-Body-Sha256": sha256_of(sent),
        }
        given = {key: value for key, value in {**right, **(headers or {})}.items() if value is not None}
        return await self.http.put(f"/api/v1/orders/{name}", content=sent, headers=given)


@asynccontextmanager
async def open_wire(folder: Path, access: Access | None = None, **settings: Any) -> AsyncIterator[Wire]:
    clock = SettableClock(OPENING)
    async with open_bridge(folder, BridgeSettings(**settings), clock) as bridge:
        transport = httpx.ASGITransport(app=create_app(bridge, access), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8092") as http:
            yield Wire(http, bridge, clock)


def told(response: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and outcome of a problem."""
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    return response.status_code, document["code"], document.get("outcome")
