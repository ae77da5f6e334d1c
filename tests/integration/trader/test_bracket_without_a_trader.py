"""A trader is killed as soon as its entry is accepted: what the entry fills has its stop at the bridge."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.bridge.bridge_process import BridgeProcess, bridge_process
from tests.integration.trader.bridged_trader import (
    at_the_bridge,
    by_leg,
    orders_at_the_venue,
    settings_for,
    until,
)
from tests.integration.trader.trader_process import TraderProcess, free_port, trader_process
from tests.integration.trader.trading_floor import bar_body
from tests.integration.trader.trading_home import approved_signal, prepare


@pytest.fixture
def home(tmp_path: Path, database_url: str) -> Path:
    made = tmp_path / "home"
    prepare(made, database_url)
    return made


def the_market_falls(bridge: BridgeProcess, day: int, *, opened: str, close: str) -> None:
    """The bar of March `day`, told to the bridge by itself."""
    body = {"bars": [bar_body(day, open=opened, high=opened, close=close)], "instruments": []}
    answer = httpx.post(f"{bridge.url}/api/v1/bars", json=body, trust_env=False, timeout=10)
    assert answer.status_code == 200, answer.text


def working(bridge: BridgeProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = at_the_bridge(bridge, "/api/v1/orders")["orders"]
    return found


def held(bridge: BridgeProcess) -> dict[str, str]:
    found: dict[str, str] = at_the_bridge(bridge, "/api/v1/positions")["positions"]
    return found


@contextmanager
def killed_with_a_working_entry(home: Path, database_url: str) -> Iterator[tuple[BridgeProcess, str]]:
    """A bridge that has taken a limit order to buy AAPL at 150 from a trader that is dead."""
    port = free_port()
    with bridge_process(home, port) as bridge:
        with trader_process(home, **settings_for(database_url, bridge.url)) as trader:
            body = approved_signal(trader)
            the_market_falls(bridge, 5, opened="151", close="151")
            executed = trader.post("/api/v1/execute", body, timeout=30)
            trader.kill()
        assert (executed.status_code, executed.json()["trade"]["status"]) == (201, "NEW")
        entry = executed.json()["trade"]["order_id"]
        assert [order["client_order_id"] for order in working(bridge)] == [entry]
        yield bridge, entry


def legs_on_record(trader: TraderProcess) -> dict[str, dict[str, Any]]:
    return by_leg(trader.get("/api/v1/orders").json())


def statuses(trader: TraderProcess) -> dict[str, str]:
    return {leg: order["status"] for leg, order in legs_on_record(trader).items()}


def test_the_stop_works_at_the_bridge_before_a_trader_is_back_and_is_taken_over_as_it_is(
    home: Path, database_url: str
) -> None:
    with killed_with_a_working_entry(home, database_url) as (bridge, entry):
        the_market_falls(bridge, 6, opened="151", close="149")
        exits = {order["client_order_id"]: order["side"] for order in working(bridge)}
        assert (held(bridge), list(exits.values())) == ({"AAPL": "1"}, ["SELL", "SELL"])
        with trader_process(home, **settings_for(database_url, bridge.url)) as trader:
            expected = {"ENTRY": "FILLED", "STOP": "NEW", "TARGET": "NEW"}
            until(lambda: statuses(trader) == expected, otherwise=lambda: trader.said)
            legs = legs_on_record(trader)
            account = trader.get("/api/v1/account").json()
            assert trader.stop() == 0
    assert {legs[leg]["order_id"] for leg in ("STOP", "TARGET")} == set(exits)
    assert (legs["STOP"]["stop_price"], legs["TARGET"]["limit_price"]) == ("142.5", "165")
    assert account["differences"] == []
    # Nothing was placed twice, neither before nor after.
    assert orders_at_the_venue(home) == {entry: "FILLED", **dict.fromkeys(exits, "NEW")}


def test_a_stop_that_trades_while_no_trader_lives_is_booked_by_the_next(
    home: Path, database_url: str
) -> None:
    with killed_with_a_working_entry(home, database_url) as (bridge, entry):
        the_market_falls(bridge, 6, opened="151", close="149")
        the_market_falls(bridge, 7, opened="149", close="140")
        assert (held(bridge), working(bridge)) == ({}, [])
        with trader_process(home, **settings_for(database_url, bridge.url)) as trader:
            expected = {"ENTRY": "FILLED", "STOP": "FILLED", "TARGET": "CANCELED"}
            until(lambda: statuses(trader) == expected, otherwise=lambda: trader.said)
            stop = legs_on_record(trader)["STOP"]
            positions = trader.get("/api/v1/positions").json()["positions"]
            risk = trader.get("/api/v1/account").json()
            assert trader.stop() == 0
    assert (stop["filled_qty"], stop["avg_fill_price"]) == ("1", "142.5")
    assert (positions, risk["differences"]) == ([], [])
    assert len(orders_at_the_venue(home)) == 3
    assert orders_at_the_venue(home)[entry] == "FILLED"
