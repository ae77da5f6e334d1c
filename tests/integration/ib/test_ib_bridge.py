"""The bridge of this process in front of a gateway: its settings, its routes, its kill switch."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jax.app.bridge import ib_wiring
from jax.app.bridge.server import _banner
from jax.app.bridge.settings import BridgeSettings, load_settings
from jax.app.bridge.wiring import open_bridge
from jax.app.console import CommandFailed
from jax.domain.order import TimeInForce
from jax.ports.errors import OutcomeUnknown, Unavailable
from tests.architecture.checkout import SRC
from tests.contract.broker_venues import INSTRUMENTS, bar
from tests.ib_gateway.server import ACCOUNT, ScriptedGateway
from tests.integration.bridge.bridge_wire import AAPL, Wire, open_wire, told
from tests.integration.ib.test_connection import wait_for
from tests.integration.trader.trader_process import free_port

GTC = TimeInForce.GTC


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ib_wiring, "_MEETS_WITHIN_SECONDS", 5.0)


@asynccontextmanager
async def wire_to(folder: Path, port: int) -> AsyncIterator[Wire]:
    settings: dict[str, Any] = {"BRIDGE_BACKEND": "ib", "IB_GATEWAY_PORT": port, "IB_ACCOUNT": ACCOUNT}
    async with open_wire(folder, **settings) as wire:
        yield wire


async def test_every_route_answers(gateway: ScriptedGateway, tmp_path: Path) -> None:
    async with wire_to(tmp_path, gateway.port) as wire:
        assert told(await wire.put("jx0", account=ACCOUNT)) == (422, "NO_CONTRACT", "REFUSED")
        assert (await wire.bars(0, "150")).json() == {"bars": 1}
        assert (await wire.put("jx1", account=ACCOUNT)).json()["status"] == "FILLED"
        asked: dict[str, Any] = {"params": {"account": ACCOUNT}}
        assert (await wire.http.get("/api/v1/positions", **asked)).json() == {"positions": {"AAPL": "10"}}
        (execution,) = (await wire.http.get("/api/v1/executions", **asked)).json()["executions"]
        assert (execution["seq"], execution["fill"]["commission"]) == (1, "1")
        assert (await wire.http.get("/api/v1/account", **asked)).json()["cash"] == "98500"
        assert (await wire.http.get("/api/v1/quotes/AAPL")).json()["ask"] == "150"
        assert told(await wire.http.get("/api/v1/quotes/MSFT")) == (404, "NOT_FOUND", "NOT_FOUND")
        assert len((await wire.http.get("/api/v1/candles/AAPL")).json()["candles"]) == 1
        assert (await wire.http.get("/api/v1/orders", **asked)).json() == {"orders": []}
        health = await wire.http.get("/health")
        assert (health.status_code, health.json()["backend"], health.json()["account"]) == (
            200,
            "ib",
            ACCOUNT,
        )
        old = {"symbol": "AAPL", "action": "BUY", "quantity": 1}
        assert told(await wire.http.post("/api/v1/orders", json=old))[:2] == (403, "ORDER_WITHOUT_SIGNAL")


async def test_a_gateway_that_is_away_is_a_problem_and_nothing_is_sent(
    gateway: ScriptedGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ib_wiring, "_MEETS_WITHIN_SECONDS", 0.1)
    await gateway.close()
    async with wire_to(tmp_path, gateway.port) as wire:
        health = await wire.http.get("/health")
        assert health.status_code == 503
        assert f"127.0.0.1:{gateway.port}" in health.json()["reasons"][0]
        body = {"bars": [], "instruments": [AAPL]}
        await wire.http.post("/api/v1/bars", json=body)
        assert told(await wire.put("jx1", account=ACCOUNT)) == (503, "NOT_SYNCHRONISED", "UNAVAILABLE")
        assert told(await wire.http.get("/api/v1/orders/jx1"))[0] == 503
        executions = await wire.http.get("/api/v1/executions", params={"account": ACCOUNT})
        assert told(executions)[0] == 503


async def test_what_a_kill_could_not_reach_is_canceled_when_the_gateway_is_back(
    gateway: ScriptedGateway, tmp_path: Path
) -> None:
    async with wire_to(tmp_path, gateway.port) as wire:
        await wire.bars(0, "150")
        await wire.put("jx1", account=ACCOUNT, limit="140", time_in_force=GTC)
        await gateway.close()
        await wait_for(lambda: not gateway.connected)
        killed = {"account": ACCOUNT, "reason": "drill"}
        assert (await wire.http.post("/api/v1/kill", json=killed)).status_code == 504
        await gateway.open()
        await wait_for(lambda: gateway.book.arrived[0].status == "Cancelled")
        assert told(await wire.put("jx2", account=ACCOUNT)) == (423, "KILLED", "REFUSED")
    gateway.trade_bars([bar(1, close="139")], INSTRUMENTS)
    assert gateway.book.positions() == {}


async def test_the_journal_holds_what_the_gateway_said(gateway: ScriptedGateway, tmp_path: Path) -> None:
    async with wire_to(tmp_path, gateway.port) as wire:
        await wire.bars(0, "150")
        await wire.put("jx1", account=ACCOUNT, limit="140", time_in_force=GTC)
        gateway.trade_bars([bar(1, close="139")], INSTRUMENTS)
        await wire.http.get("/api/v1/orders/jx1")
        events = (await wire.http.get("/api/v1/events")).json()["events"]
    assert [event["client_order_id"] for event in events] == ["jx1"] * len(events)
    assert events[0]["detail"].startswith("NEW")
    assert events[-1]["detail"].startswith("FILLED")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "needs IB_ACCOUNT"),
        ({"IB_ACCOUNT": "U123", "IB_GATEWAY_PORT": "4002"}, "trades real money; set IB_LIVE=yes"),
        ({"IB_ACCOUNT": "DU123", "IB_GATEWAY_PORT": "4001"}, "trades real money; set IB_LIVE=yes"),
        ({"IB_ACCOUNT": "DU123", "IB_GATEWAY_PORT": "7496"}, "trades real money; set IB_LIVE=yes"),
        ({"IB_ACCOUNT": "DU123", "IB_LIVE": "true"}, "IB_LIVE=true is not known; allowed: 'yes'"),
        ({"IB_ACCOUNT": "DU123", "IB_GATEWAY_PORT": "0"}, "IB_GATEWAY_PORT=0 must be from 1 to 65535"),
        ({"IB_ACCOUNT": "DU123", "IB_CLIENT_ID": "0"}, "IB_CLIENT_ID=0 must be at least 1"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    monkeypatch.setenv("BRIDGE_BACKEND", "ib")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandFailed) as failed:
        load_settings()
    assert said in str(failed.value)


def test_real_money_is_armed_by_one_word_and_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BRIDGE_BACKEND": "ib", "IB_ACCOUNT": "U123", "IB_GATEWAY_PORT": "4001"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IB_LIVE", "yes")
    assert load_settings().is_live
    monkeypatch.setenv("BRIDGE_BACKEND", "paper")
    assert not load_settings().is_live


async def test_the_banner_says_whose_money_it_is(
    gateway: ScriptedGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = BridgeSettings(BRIDGE_BACKEND="ib", IB_GATEWAY_PORT=gateway.port, IB_ACCOUNT=ACCOUNT)
    async with open_bridge(tmp_path, settings) as bridge:
        assert "LIVE" not in _banner(bridge, "http://127.0.0.1:8092", None)
    monkeypatch.setattr(ib_wiring, "_MEETS_WITHIN_SECONDS", 0.2)
    # The gateway does not have the account: nothing is sent.
    live = BridgeSettings(BRIDGE_BACKEND="ib", IB_GATEWAY_PORT=gateway.port, IB_ACCOUNT="U123", IB_LIVE="yes")
    async with open_bridge(tmp_path, live) as bridge:
        assert "account U123; takes orders; LIVE: real money" in _banner(
            bridge, "http://127.0.0.1:8092", None
        )
        with pytest.raises((Unavailable, OutcomeUnknown)):
            await bridge.desk.positions("U123")


def test_without_the_extra_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    program = "import sys; sys.modules['ib_async'] = None; from jax.app.bridge.cli import main; main()"
    environment = {"BRIDGE_BACKEND": "ib", "IB_ACCOUNT": ACCOUNT, "JAX_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program, "--port", str(free_port())],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(SRC), **environment},
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "BRIDGE_BACKEND=ib needs the extra jax-trading-assistant[ib]" in line


def test_all_lanes_together_stay_below_what_the_gateway_takes() -> None:
    lanes = (ib_wiring._PLACES_PER_SECOND, ib_wiring._CANCELS_PER_SECOND, ib_wiring._QUESTIONS_PER_SECOND)
    assert sum(lanes) <= 45
