"""A real trader trades through a real bridge, and each of them may go away."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.bridge.bridge_process import BridgeProcess, bridge_process
from tests.integration.trader.bridged_trader import (
    at_the_bridge,
    by_leg,
    orders_at_the_venue,
    settings_for,
    until,
    venue_rows,
)
from tests.integration.trader.lossy_relay import Loses, LossyRelay
from tests.integration.trader.trader_process import TraderProcess, free_port, run_trader, trader_process
from tests.integration.trader.trading_home import approved_signal, prepare

TOKEN = "correct-horse-battery-staple"
SAYING = {"actor": "olivia", "reason": "drill"}
# The order's deadline, the time until it must be visible, and two looks.
RESOLVED_WITHIN_SECONDS = 30.0


@pytest.fixture
def home(tmp_path: Path, database_url: str) -> Path:
    made = tmp_path / "home"
    prepare(made, database_url)
    return made


@contextmanager
def both(
    home: Path, database_url: str, *, bridge_token: str | None = None, **settings: str
) -> Iterator[tuple[TraderProcess, BridgeProcess]]:
    """A trader and its bridge, ready."""
    port = free_port()
    guarded = {} if bridge_token is None else {"JAX_API_TOKEN": bridge_token}
    with bridge_process(home, port, **guarded) as bridge:
        chosen = settings_for(database_url, f"http://127.0.0.1:{port}", **settings)
        with trader_process(home, **chosen) as trader:
            yield trader, bridge


def execute(trader: TraderProcess, body: dict[str, str]) -> httpx.Response:
    return trader.post("/api/v1/execute", body, timeout=30)


def status_of(trader: TraderProcess, order_id: str) -> str:
    orders = trader.get("/api/v1/orders").json()["orders"]
    return str(next(order["status"] for order in orders if order["order_id"] == order_id))


def resolved(trader: TraderProcess, order_id: str) -> str:
    """What became of an order, once that is known."""

    def known() -> str | None:
        status = status_of(trader, order_id)
        return None if status in {"PENDING_NEW", "UNKNOWN"} else status

    return str(until(known, seconds=RESOLVED_WITHIN_SECONDS, otherwise=lambda: status_of(trader, order_id)))


def broker_is_well(trader: TraderProcess) -> bool:
    return bool(trader.get("/health", timeout=10).json()["broker"]["ok"])


def test_a_signal_is_traded_through_both_and_protected_at_the_bridge(home: Path, database_url: str) -> None:
    with both(home, database_url) as (trader, bridge):
        health = trader.get("/health")
        body = approved_signal(trader)
        executed, again = execute(trader, body), execute(trader, body)
        entry = executed.json()["trade"]
        exits = until(
            lambda: len(found := at_the_bridge(bridge, "/api/v1/orders")["orders"]) == 2 and found,
            otherwise=lambda: trader.said,
        )
        legs = by_leg(trader.get("/api/v1/orders").json())
        positions = trader.get("/api/v1/positions").json()["positions"]
        accounts = trader.get("/api/v1/account").json(), at_the_bridge(bridge, "/api/v1/account")
        held = at_the_bridge(bridge, "/api/v1/positions")["positions"]
        assert trader.stop() == 0
        assert bridge.stop() == 0
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    assert health.json()["broker"] == {"name": "paper", "ok": True, "problem": None}
    assert "broker paper; mode paper" in trader.said.splitlines()[0]
    assert (executed.status_code, entry["status"], entry["avg_fill_price"]) == (201, "FILLED", "150")
    assert (again.status_code, again.json()["trade"]) == (200, entry)
    assert {position["symbol"]: position["quantity"] for position in positions} == held == {"AAPL": "1"}
    assert {exit_order["client_order_id"] for exit_order in exits} == {
        legs["STOP"]["order_id"],
        legs["TARGET"]["order_id"],
    }
    assert (legs["STOP"]["stop_price"], legs["TARGET"]["limit_price"]) == ("142.5", "165")
    assert {legs[leg]["side"] for leg in ("STOP", "TARGET")} == {"SELL"}
    for amount in ("cash", "net_liquidation", "buying_power"):
        assert accounts[0][amount] == accounts[1][amount]
    assert accounts[0]["differences"] == []
    assert orders_at_the_venue(home) == {
        entry["order_id"]: "FILLED",
        legs["STOP"]["order_id"]: "NEW",
        legs["TARGET"]["order_id"]: "NEW",
    }


def test_without_the_bridge_the_trader_does_not_start_and_says_what_to_do(
    home: Path, database_url: str
) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ended = run_trader(home, "--port", str(free_port()), **settings_for(database_url, url))
    assert ended.code == 1
    said = ended.stderr.splitlines()[-1]
    assert f"the bridge at {url} cannot be reached" in said
    assert said.endswith("start ib-bridge, or unset BROKER to trade on paper")


def test_a_bridge_that_is_killed_is_told_of_and_traded_through_again(home: Path, database_url: str) -> None:
    with both(home, database_url) as (trader, bridge):
        port = int(bridge.url.rpartition(":")[2])
        first = execute(trader, approved_signal(trader, 4))
        body = approved_signal(trader, 5)
        bridge.kill()
        away = trader.get("/health", timeout=10)
        denied = execute(trader, body)
        with bridge_process(home, port) as restarted:
            until(lambda: broker_is_well(trader), otherwise=lambda: trader.said)
            executed = execute(trader, body)
            held = at_the_bridge(restarted, "/api/v1/positions")["positions"]
            back = trader.get("/health")
    assert first.status_code == 201
    assert (away.status_code, away.json()["status"]) == (503, "unhealthy")
    assert f"paper: the bridge at http://127.0.0.1:{port} cannot be reached" in away.json()["reasons"][0]
    assert (denied.status_code, denied.json()["code"]) == (503, "BROKER_UNAVAILABLE")
    assert (executed.status_code, executed.json()["trade"]["status"]) == (201, "FILLED")
    assert held == {"AAPL": "2"}
    assert back.json()["status"] == "ok"


def test_an_order_whose_answer_is_lost_is_unknown_until_the_bridge_has_shown_it(
    home: Path, database_url: str
) -> None:
    port = free_port()
    with (
        bridge_process(home, port),
        LossyRelay(port).running() as line,
        trader_process(home, **settings_for(database_url, line.url)) as trader,
    ):
        body = approved_signal(trader)
        line.loses = Loses.ANSWERS
        unknown = execute(trader, body)
        line.loses = Loses.NOTHING
        order_id = unknown.json()["order_id"]
        became = resolved(trader, order_id)
        again = execute(trader, body)
        entries = venue_rows(home, "SELECT client_order_id FROM orders WHERE side = 'BUY'")
    assert line.lost == 1
    assert (unknown.status_code, unknown.json()["trade"]["status"]) == (202, "UNKNOWN")
    assert became == "FILLED"
    assert (again.status_code, again.json()["order_id"]) == (200, order_id)
    assert entries == [(order_id,)]


def test_an_order_that_was_lost_on_its_way_is_unknown_until_the_restarted_bridge_has_twice_not_found_it(
    home: Path, database_url: str
) -> None:
    port = free_port()
    with (
        bridge_process(home, port) as bridge,
        LossyRelay(port).running() as line,
        trader_process(home, **settings_for(database_url, line.url)) as trader,
    ):
        body = approved_signal(trader)
        line.loses = Loses.ORDERS
        unknown = execute(trader, body)
        bridge.kill()
        line.loses = Loses.NOTHING
        order_id = unknown.json()["order_id"]
        time.sleep(9)  # longer than it takes a bridge that knows the order is not there
        away = status_of(trader, order_id)
        with bridge_process(home, port):
            became = resolved(trader, order_id)
            again = execute(trader, body)
    assert line.lost == 1
    assert unknown.status_code == 202
    assert away == "UNKNOWN"
    assert became == "ABSENT"
    assert (again.status_code, again.json()["reason_code"]) == (422, "NOT_AT_BROKER")
    assert orders_at_the_venue(home) == {}


def test_a_bridge_that_stands_still_is_unknown_and_goes_on_where_it_was(
    home: Path, database_url: str
) -> None:
    with both(home, database_url) as (trader, bridge):
        body = approved_signal(trader)
        bridge.process.send_signal(signal.SIGSTOP)
        away = trader.get("/health", timeout=10)
        denied = execute(trader, body)
        bridge.process.send_signal(signal.SIGCONT)
        until(lambda: broker_is_well(trader), otherwise=lambda: trader.said)
        executed = execute(trader, body)
    assert away.status_code == 503
    assert "no answer within 2 seconds" in away.json()["broker"]["problem"]
    assert (denied.status_code, denied.json()["code"]) == (503, "BROKER_UNAVAILABLE")
    assert executed.status_code == 201
    assert len(venue_rows(home, "SELECT 1 FROM fills")) == 1


def test_a_bridge_with_a_token_is_traded_through_by_who_has_it(home: Path, database_url: str) -> None:
    with both(home, database_url, bridge_token=TOKEN, IB_BRIDGE_TOKEN=TOKEN) as (trader, bridge):
        executed = execute(trader, approved_signal(trader))
        refused = at_the_bridge(bridge, "/api/v1/positions")
        held = at_the_bridge(bridge, "/api/v1/positions", headers={"Authorization": f"Bearer {TOKEN}"})
    assert executed.status_code == 201
    assert refused["code"] == "UNAUTHORIZED"
    assert held["positions"] == {"AAPL": "1"}
    assert TOKEN not in trader.said


@pytest.mark.parametrize("token", [{}, {"IB_BRIDGE_TOKEN": "another-horse-battery-staple"}])
def test_a_trader_without_the_bridges_token_is_told_to_set_it(
    home: Path, database_url: str, token: dict[str, str]
) -> None:
    port = free_port()
    with bridge_process(home, port, JAX_API_TOKEN=TOKEN):
        settings = settings_for(database_url, f"http://127.0.0.1:{port}", **token)
        ended = run_trader(home, "--port", str(free_port()), **settings)
    assert ended.code == 1
    said = ended.stderr.splitlines()[-1]
    assert "does not take our token: set IB_BRIDGE_TOKEN to its JAX_API_TOKEN" in said
    assert "start ib-bridge" not in said
    assert "battery" not in ended.stderr


def test_the_kill_switch_reaches_the_file_and_the_bridge_and_is_released_at_both(
    home: Path, database_url: str
) -> None:
    with both(home, database_url) as (trader, bridge):
        first = execute(trader, approved_signal(trader, 4))
        until(lambda: len(at_the_bridge(bridge, "/api/v1/orders")["orders"]) == 2)
        body = approved_signal(trader, 5)
        killed = trader.post("/api/v1/kill", SAYING)
        file_said = (home / "KILL").read_text()
        at_bridge = at_the_bridge(bridge, "/health")
        working = at_the_bridge(bridge, "/api/v1/orders")["orders"]
        denied = execute(trader, body)
        released = trader.post("/api/v1/kill/release", SAYING)
        executed = execute(trader, body)
        protected = until(
            lambda: len(found := at_the_bridge(bridge, "/api/v1/orders")["orders"]) == 4 and found,
            otherwise=lambda: trader.get("/api/v1/orders").text,
        )
        after = at_the_bridge(bridge, "/health")
        file_is_there = (home / "KILL").exists()
    assert first.status_code == 201
    assert (killed.status_code, killed.json()["killed"]["reason"]) == (200, "drill")
    assert file_said == "olivia: drill"
    assert (at_bridge["killed"], at_bridge["status"]) == ("olivia: drill", "degraded")
    assert working == []
    assert (denied.status_code, denied.json()["code"]) == (423, "KILL_SWITCH")
    assert (released.status_code, released.json()["killed"]) == (200, None)
    assert (after["killed"], file_is_there) == (None, False)
    assert executed.status_code == 201
    assert {order["symbol"] for order in protected} == {"AAPL"}


def test_a_kill_while_the_bridge_is_away_holds_here_at_once_and_there_when_it_is_back(
    home: Path, database_url: str
) -> None:
    with both(home, database_url) as (trader, bridge):
        port = int(bridge.url.rpartition(":")[2])
        body = approved_signal(trader)
        bridge.kill()
        told = trader.post("/api/v1/kill", SAYING, timeout=30)
        file_is_there = (home / "KILL").exists()
        with bridge_process(home, port) as restarted:
            until(lambda: broker_is_well(trader), otherwise=lambda: trader.said)
            denied = execute(trader, body)
            until(
                lambda: at_the_bridge(restarted, "/health")["killed"] == "olivia: drill",
                otherwise=lambda: trader.said,
            )
    assert (told.status_code, file_is_there) == (503, True)
    assert "start ib-bridge" in told.json()["detail"]
    assert (denied.status_code, denied.json()["code"]) == (423, "KILL_SWITCH")


def test_a_kill_file_made_by_hand_kills_until_a_release_is_said(home: Path, database_url: str) -> None:
    with both(home, database_url) as (trader, bridge):
        body = approved_signal(trader)
        (home / "KILL").touch()
        denied = execute(trader, body)
        until(
            lambda: str(home / "KILL") in str(at_the_bridge(bridge, "/health")["killed"]),
            otherwise=lambda: trader.said,
        )
        released = trader.post("/api/v1/kill/release", SAYING)
        file_is_there = (home / "KILL").exists()
        executed = execute(trader, body)
    assert (denied.status_code, denied.json()["code"]) == (423, "KILL_SWITCH")
    assert str(home / "KILL") in denied.json()["detail"]
    assert (released.status_code, file_is_there) == (200, False)
    assert executed.status_code == 201


def test_a_kill_at_the_bridge_alone_leaves_the_order_absent(home: Path, database_url: str) -> None:
    with both(home, database_url) as (trader, bridge):
        body = approved_signal(trader)
        killing = {"account": "paper", "reason": "by hand"}
        httpx.post(bridge.url + "/api/v1/kill", json=killing, trust_env=False).raise_for_status()
        refused = execute(trader, body)
        status = status_of(trader, refused.json()["order_id"])
    assert (refused.status_code, refused.json()["reason_code"]) == (422, "KILLED")
    assert status == "ABSENT"
    assert orders_at_the_venue(home) == {}
