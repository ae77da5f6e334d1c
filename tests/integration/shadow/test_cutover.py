"""The procedure of docs/cutover.md, played with real processes: over, a fault, and back; nothing twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.bridge.bridge_process import BridgeProcess, bridge_process
from tests.integration.shadow import old_executor
from tests.integration.shadow.old_trades import fetch, make_table
from tests.integration.shadow.shadow_command import run_compare
from tests.integration.trader.bridged_trader import orders_at_the_venue, settings_for, until
from tests.integration.trader.shadow_street import INSTRUMENT
from tests.integration.trader.trader_process import TraderProcess, free_port, trader_process
from tests.integration.trader.trading_floor import bar_body
from tests.integration.trader.trading_home import approved_signal, prepare
from tests.postgres_server import run_sql

_SAID = {"actor": "olivia", "reason": "the rehearsal"}


class Rehearsal:
    """Both executors' databases, and the bridge that each of them trades through."""

    def __init__(self, home: Path, database_url: str, legacy_url: str, bridge: BridgeProcess) -> None:
        self.home, self.database_url, self.legacy_url, self.bridge = home, database_url, legacy_url, bridge
        self.settings = settings_for(database_url, bridge.url)

    def quote(self, day: int) -> None:
        body = {"bars": [bar_body(day)], "instruments": [INSTRUMENT]}
        httpx.post(self.bridge.url + "/api/v1/bars", json=body, trust_env=False).raise_for_status()

    def hand_to_old(self, terms: dict[str, Any]) -> None:
        """A signal for the older executor, which has traded it when this returns."""
        spelled = json.dumps(terms).replace("'", "''")
        run_sql(self.legacy_url, f"INSERT INTO inbox VALUES ('{terms['signal_id']}', '{spelled}')")
        until(lambda: terms["signal_id"] in self.traded_by_old())

    def traded_by_old(self) -> list[str]:
        return [row[0] for row in fetch(self.legacy_url, "SELECT signal_id FROM trades")]

    def entries_by_new(self) -> list[str]:
        """The signals for which an order of the trader has reached the venue, once an order."""
        at_venue = orders_at_the_venue(self.home)
        rows = fetch(
            self.database_url, "SELECT signal_id, client_order_id FROM trading.orders WHERE leg = 'ENTRY'"
        )
        return [row[0] for row in rows if row[1] in at_venue]

    def compared(self) -> "subprocess.CompletedProcess[str]":
        return run_compare(self.home, self.legacy_url, self.database_url, "--json")

    @contextmanager
    def old(self) -> Iterator["subprocess.Popen[bytes]"]:
        process = subprocess.Popen(
            [sys.executable, old_executor.__file__, self.legacy_url, self.bridge.url], env=os.environ
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def rehearsal(tmp_path: Path, database_url: str, empty_database_url: str) -> Iterator[Rehearsal]:
    home = tmp_path / "home"
    prepare(home, database_url)
    make_table(empty_database_url)
    run_sql(empty_database_url, "CREATE TABLE inbox (signal_id text PRIMARY KEY, terms jsonb NOT NULL)")
    with bridge_process(home, free_port()) as bridge:
        yield Rehearsal(home, database_url, empty_database_url, bridge)


def test_over_a_fault_and_back_with_nothing_traded_twice(rehearsal: Rehearsal) -> None:
    of_shadow = {**rehearsal.settings, "MODE": "shadow", "EXECUTION_ENABLED": "false"}
    with rehearsal.old(), trader_process(rehearsal.home, **of_shadow) as shadow:
        before = [_decided_by_shadow(rehearsal, shadow, day) for day in (4, 5)]
        assert rehearsal.entries_by_new() == []
    # The older one has been handed nothing more, has finished, and is stopped; so is the shadow.
    done = rehearsal.compared()
    assert (done.returncode, json.loads(done.stdout)["compared"]) == (0, 2), done.stdout + done.stderr
    _close_what_old_holds(rehearsal)

    with trader_process(rehearsal.home, **rehearsal.settings) as trader:
        _arm(trader, "arm", expires_at="2099-01-01T00:00:00Z")
        first = approved_signal(trader, 6)
        assert trader.post("/api/v1/execute", first).status_code == 201
        second = approved_signal(trader, 7)
        # The fault: it dies while it executes, and nobody knows how far it came.
        with pytest.raises(httpx.HTTPError):
            _execute_and_kill(trader, second)
    with trader_process(rehearsal.home, **rehearsal.settings) as trader:
        _arm(trader, "disarm")
        assert trader.post("/api/v1/mode", {**_SAID, "mode": "OBSERVE"}).status_code == 200
        until(lambda: not _unknown(trader))
        third = approved_signal(trader, 8)
        assert trader.post("/api/v1/execute", third).json()["code"] == "MODE_OBSERVE"
    mine = rehearsal.entries_by_new()
    assert first["signal_id"] in mine
    assert third["signal_id"] not in mine

    with rehearsal.old():
        after = {**before[0], "signal_id": "sg-after-the-way-back"}
        rehearsal.hand_to_old(after)
    theirs = rehearsal.traded_by_old()
    assert sorted(theirs) == sorted([*(terms["signal_id"] for terms in before), after["signal_id"]])
    assert len(mine) == len(set(mine)) <= 2
    assert not set(mine) & set(theirs)
    # What the venue has seen of the older one: its trades, and what closed them.
    assert (
        len([name for name in orders_at_the_venue(rehearsal.home) if name.startswith("old-")])
        == len(theirs) + 1
    )


def _decided_by_shadow(rehearsal: Rehearsal, shadow: TraderProcess, day: int) -> dict[str, Any]:
    """The shadow decides, then the older one trades the same signal on the same terms."""
    rehearsal.quote(day)
    decided = shadow.post("/api/v1/execute", approved_signal(shadow, day))
    assert decided.status_code == 201, decided.text
    terms: dict[str, Any] = decided.json()["trade"]
    rehearsal.hand_to_old(terms)
    return terms


def _close_what_old_holds(rehearsal: Rehearsal) -> None:
    held = httpx.get(
        rehearsal.bridge.url + "/api/v1/positions", params={"account": "paper"}, trust_env=False
    ).json()["positions"]
    order = {"symbol": "AAPL", "action": "SELL", "quantity": int(held["AAPL"])}
    httpx.post(rehearsal.bridge.url + "/api/v1/orders", json=order, trust_env=False).raise_for_status()


def _arm(trader: TraderProcess, word: str, **more: str) -> None:
    (artifact,) = trader.get("/health").json()["artifacts"]
    said = {**_SAID, "artifact_hash": artifact["hash"], **more}
    assert trader.post(f"/api/v1/{word}", said).status_code == 200


def _execute_and_kill(trader: TraderProcess, body: dict[str, str]) -> None:
    """Killed before it can answer."""
    trader.process.send_signal(signal.SIGSTOP)
    try:
        trader.post("/api/v1/execute", body, timeout=0.2)
    finally:
        trader.process.send_signal(signal.SIGCONT)
        trader.kill()


def _unknown(trader: TraderProcess) -> list[Any]:
    waiting = {"status": ["PENDING_NEW", "UNKNOWN"]}
    found: list[Any] = trader.get("/api/v1/orders", params=waiting).json()["orders"]
    return found
