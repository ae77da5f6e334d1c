"""Traders in this process, as their wiring puts them together, in front of one bridge over HTTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from pydantic import SecretStr

from jax.app.bridge.bridge import Bridge
from jax.app.bridge.http.app import create_app as create_bridge_app
from jax.app.bridge.settings import BridgeSettings
from jax.app.bridge.wiring import open_bridge
from jax.app.trader.http.app import create_app
from jax.app.trader.settings import TraderSettings
from jax.app.trader.trader import Trader
from jax.app.trader.wiring import open_trader
from tests.bridge_server import served
from tests.integration.trader.bridged_trader import SETTINGS
from tests.integration.trader.trading_floor import bar_body
from tests.integration.trader.trading_home import END_THE_LOCKS_SESSION, prepare
from tests.postgres_server import run_sql
from tests.replay_settings import REPLAY


@dataclass(frozen=True)
class OpenTrader:
    """A trader and whoever speaks to it over HTTP."""

    trader: Trader
    http: httpx.AsyncClient

    async def approved_signal(self, day: int = 4) -> str:
        """The id of a signal on the bar of March `day`, approved by olivia."""
        answer = await self.http.post("/api/v1/bars", json={"bars": [bar_body(day)]})
        signal_id = str(answer.json()["signals"][0]["signal_id"])
        path = f"/api/v1/signals/{signal_id}/approve"
        (await self.http.post(path, json={"approved_by": "olivia"})).raise_for_status()
        return signal_id

    async def execute(self, signal_id: str) -> httpx.Response:
        body = {"signal_id": signal_id, "approved_by": "olivia"}
        return await self.http.post("/api/v1/execute", json=body)


@dataclass(frozen=True)
class Street:
    """One database, one bridge at `url`, and a home for each trader."""

    database_url: str
    bridge: Bridge
    url: str
    homes: Path

    @asynccontextmanager
    async def trader(self, number: int, *, bridge_url: str | None = None) -> AsyncIterator[OpenTrader]:
        """A ready trader of the account; as open_trader raises."""
        settings = TraderSettings.model_validate(
            {
                **REPLAY,
                **SETTINGS,
                "DATABASE_URL": SecretStr(self.database_url),
                "IB_BRIDGE_URL": bridge_url or self.url,
            }
        )
        async with open_trader(self.home(number), settings) as trader:
            transport = httpx.ASGITransport(app=create_app(trader), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8100") as http:
                yield OpenTrader(trader, http)

    def home(self, number: int) -> Path:
        return self.homes / f"trader-{number}"

    async def end_the_locks_session(self) -> None:
        """The server forgets who the trader is; the trader hears of it when it looks next."""
        await asyncio.to_thread(run_sql, self.database_url, END_THE_LOCKS_SESSION)


@asynccontextmanager
async def open_street(folder: Path, database_url: str) -> AsyncIterator[Street]:
    """An approved artifact for two traders, none of which runs yet."""
    # It runs an event loop of its own.
    await asyncio.to_thread(prepare, folder / "trader-1", database_url)
    shutil.copytree(folder / "trader-1", folder / "trader-2")
    bridge_home = folder / "bridge-home"
    bridge_home.mkdir()
    async with (
        open_bridge(bridge_home, BridgeSettings()) as bridge,
        served(create_bridge_app(bridge, None)) as url,
    ):
        yield Street(database_url, bridge, url, folder)
