"""The holder of the lock stands still for longer than its deadline, and another takes over meanwhile."""

import shutil
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.integration.bridge.bridge_process import bridge_process
from tests.integration.trader.bridged_trader import settings_for, until
from tests.integration.trader.chaos_books import disagreements, ours_of, theirs_of
from tests.integration.trader.lossy_relay import ORDERS, QUESTIONS_ABOUT_THE_ACCOUNT, LossyRelay
from tests.integration.trader.trader_process import TraderProcess, free_port, trader_process
from tests.integration.trader.trading_home import END_THE_LOCKS_SESSION, approved_signal, prepare
from tests.postgres_server import run_sql


# An order may be sent within 5 seconds.
@pytest.mark.parametrize("seconds", [6.0, pytest.param(60.0, marks=pytest.mark.soak)])
@pytest.mark.parametrize(
    ("held", "answers", "becomes"),
    [
        # Before anything was recorded: the epoch on record stops it, and the other trader may execute.
        (QUESTIONS_ABOUT_THE_ACCOUNT, {423, 503}, "FILLED"),
        # Recorded and on its way: the bridge stops it, and nobody sends it again.
        (ORDERS, {202, 422}, "ABSENT"),
    ],
)
def test_what_a_stopped_trader_had_begun_is_done_once_or_not_at_all(
    tmp_path: Path, database_url: str, held: bytes, answers: set[int], becomes: str, seconds: float
) -> None:
    homes = [tmp_path / "first", tmp_path / "second"]
    prepare(homes[0], database_url)
    shutil.copytree(homes[0], homes[1])
    port, heard = free_port(), list[httpx.Response]()
    with (
        bridge_process(tmp_path / "bridge-home", port) as bridge,
        LossyRelay(port).running() as line,
        trader_process(homes[0], **settings_for(database_url, line.url)) as first,
    ):
        body = approved_signal(first, 4)
        line.holds = held
        executing = threading.Thread(target=lambda: heard.append(_execute(first, body)))
        executing.start()
        assert line.is_holding.wait(20)
        first.process.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        run_sql(database_url, END_THE_LOCKS_SESSION)
        with trader_process(homes[1], **settings_for(database_url, bridge.url)) as second:
            other = _execute(second, approved_signal(second, 5))
            time.sleep(max(0.0, seconds - (time.monotonic() - stopped_at)))
            line.let_pass()
            first.process.send_signal(signal.SIGCONT)
            executing.join()
            until(lambda: "has lost its lock" in first.get("/health", timeout=10).text)
            refused = _execute(first, body)
            until(lambda: _became(second, body) == becomes, otherwise=lambda: _became(second, body))
            until(lambda: _is_quiet(second, database_url, bridge.home), otherwise=lambda: second.said)
    assert other.status_code == 201
    assert next(answer.status_code for answer in heard) in answers
    assert (refused.status_code, refused.json()["code"]) == (423, "FENCED")
    ours, theirs = ours_of(database_url), theirs_of(bridge.home)
    assert disagreements(ours, theirs) == []
    assert len(theirs.entries) == (2 if becomes == "FILLED" else 1)


def _execute(trader: TraderProcess, body: dict[str, str]) -> httpx.Response:
    return trader.post("/api/v1/execute", body, timeout=90)


def _became(trader: TraderProcess, body: dict[str, str]) -> str:
    """The order's status, as whoever asks again hears it."""
    answer = _execute(trader, body).json()
    return str(answer["trade"]["status"] if "trade" in answer else answer.get("order_status"))


def _is_quiet(trader: TraderProcess, database_url: str, bridge_home: Path) -> bool:
    trades = trader.get("/api/v1/positions").json()["trades"]
    protected = all(len(trade["open_exits"]) == 2 for trade in trades)
    return protected and not disagreements(ours_of(database_url), theirs_of(bridge_home))
