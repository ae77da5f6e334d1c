"""A shadow and a trader of record in this process, before one bridge that notes what it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.app import create_app as create_bridge_app
from jax.app.bridge.settings import BridgeSettings
from jax.app.bridge.wiring import open_bridge
from jax.app.trader.http.app import create_app
from jax.app.trader.settings import TraderSettings
from jax.app.trader.wiring import open_trader
from tests.bridge_server import served
from tests.integration.execution.two_traders import OpenTrader
from tests.integration.trader.bridged_trader import SETTINGS
from tests.integration.trader.trading_floor import bar_body
from tests.integration.trader.trading_home import prepare
from tests.replay_settings import REPLAY

INSTRUMENT = {
    "symbol": "AAPL",
    "mic": "XNAS",
    "currency": "USD",
    "price_increment": "0.01",
    "lot_size": "1",
    "multiplier": "1",
}


@dataclass(frozen=True)
class ShadowStreet:
    """`asked` are the methods and paths that the bridge has heard over HTTP."""

    database_url: str
    home: Path
    bridge: Bridge
    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    @asynccontextmanager
    async def opened(self, **settings: str) -> AsyncIterator[OpenTrader]:
        """A ready trader with these settings; as open_trader raises."""
        chosen = TraderSettings.model_validate(
            {
                **REPLAY,
                **SETTINGS,
                "DATABASE_URL": SecretStr(self.database_url),
                "IB_BRIDGE_URL": self.url,
                **settings,
            }
        )
        async with open_trader(self.home, chosen) as trader:
            transport = httpx.ASGITransport(app=create_app(trader), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8100") as http:
                yield OpenTrader(trader, http)

    def shadow(self, **settings: str) -> AbstractAsyncContextManager[OpenTrader]:
        """A ready shadow."""
        return self.opened(MODE="shadow", EXECUTION_ENABLED="false", **settings)

    async def quoted(self, day: int = 4, *, close: str = "150") -> None:
        """Somebody else has moved the market of the bridge's venue to the bar of March `day`."""
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            body = {"bars": [bar_body(day, close=close)], "instruments": [INSTRUMENT]}
            (await http.post("/api/v1/bars", json=body)).raise_for_status()
        self.asked.clear()


@asynccontextmanager
async def open_shadow_street(folder: Path, database_url: str) -> AsyncIterator[ShadowStreet]:
    """An approved artifact and a bridge; no trader runs yet."""
    home, bridge_home = folder / "home", folder / "bridge-home"
    # It runs an event loop of its own.
    await asyncio.to_thread(prepare, home, database_url)
    bridge_home.mkdir()
    asked: list[tuple[str, str]] = []
    async with open_bridge(bridge_home, BridgeSettings()) as bridge:
        noted = _noting(create_bridge_app(bridge, None), asked)
        async with served(noted) as url:
            yield ShadowStreet(database_url, home, bridge, url, asked)


def _noting(app: ASGIApp, asked: list[tuple[str, str]]) -> ASGIApp:
    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            asked.append((scope["method"], scope["path"]))
        await app(scope, receive, send)

    return noting
