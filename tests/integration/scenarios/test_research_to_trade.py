"""The plan's first scenario: research proposes, people approve, the trader obeys, and a trade can be traced.

Every step by the command or the route that a person uses, on a real Postgres and a trader of its own process.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.ed25519.key_file import generate_key_file
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.adapters.system.system_clock import SystemClock
from jax.app.research.wiring import build_research
from jax.domain.audit import first_broken_entry
from jax.domain.bar import Bar, Timeframe
from jax.domain.decimal_text import plain
from jax.ports.unit_of_work import UnitOfWork
from tests.integration.approver.approver_desk import FIRST, PASSPHRASE, ROLES, STRATEGY, ApproverDesk
from tests.integration.research.jax_command import jax_on
from tests.integration.trader.trader_process import TraderProcess, trader_process
from tests.integration.trader.trading_home import audit_of
from tests.quick_keys import quick_keys

_BEFORE_TESTED = datetime(2009, 1, 1, tzinfo=UTC)
_LAST_TESTED = datetime(2011, 12, 31, tzinfo=UTC)
_WINDOW = ("--from", "2009-01-01", "--to", "2011-12-31")


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[ApproverDesk]:
    """Bars, everybody's key file, and the exchange's reference data."""
    desk = ApproverDesk(tmp_path / "home", database_url)
    research = build_research(desk.home)
    asyncio.run(research.import_bars())

    async def refer(unit_of_work: UnitOfWork) -> None:
        rows = await research.reference_rows(SystemClock().now().date())
        async with unit_of_work.begin() as transaction:
            await transaction.reference.put_instruments(rows.instruments)
            await transaction.reference.put_sessions(rows.sessions, rows.holidays)

    desk.stored(refer)
    (desk.home / "passphrase").write_text(PASSPHRASE + "\n", encoding="utf-8")
    (desk.home / "passphrase").chmod(0o600)
    with quick_keys():
        for person in ROLES:
            keys = desk.home / "gate" / "keys"
            generate_key_file(keys / person, person=person, passphrase=PASSPHRASE.encode())
        yield desk


def test_research_proposes_people_approve_and_the_trader_trades_exactly_those_bytes(
    desk: ApproverDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as place:
        tested = jax_on(desk.home, place, capsys)(
            "backtest", STRATEGY, *_WINDOW, "--symbol", "AAPL", "--symbol", "IBM", "--json"
        ).document
    sha256 = _promoted(desk)
    with trader_process(desk.home, DATABASE_URL=desk.url, EXECUTION_ENABLED="true") as trader:
        loaded = trader.get("/health").json()["artifacts"]
        signal, trade = _traded(trader, asyncio.run(_bars(desk.home, ["AAPL", "IBM"])))
        listed = trader.get("/api/v1/signals", params={"status": "EXECUTED"}).json()["signals"]
        trades = trader.get("/api/v1/trades").json()["trades"]
        assert trader.stop() == 0

    assert tested["orders"] > 0
    (artifact,) = desk.good("list")["artifacts"]
    assert [found["hash"] for found in loaded] == [sha256]
    assert (trade["artifact_id"], trade["artifact_hash"]) == (artifact["artifact_id"], sha256)
    assert (trade["signal_id"], trade["symbol"]) == (signal["signal_id"], signal["symbol"])
    assert datetime.fromisoformat(signal["ts_event"]) > _LAST_TESTED
    assert [found["signal_id"] for found in listed] == [signal["signal_id"]]
    assert trades == [trade]

    whole_way = desk.good("log", "--trade", trade["trade_id"])
    assert whole_way["artifact"]["payload_sha256"] == sha256
    assert {(found["approver"], found["kind"]) for found in whole_way["approvals"]} == {
        ("tessa", "TECHNICAL"),
        ("rosa", "RISK"),
    }
    entries = audit_of(desk.url)
    assert first_broken_entry(entries) is None
    kinds = [entry.event.kind for entry in entries]
    steps = ("artifact.submitted", "gate.snapshot", "artifacts.loaded", "signal.generated")
    assert [kinds.index(step) for step in steps] == sorted(kinds.index(step) for step in steps)
    (said,) = [entry.event for entry in entries if entry.event.kind == "signal.approved"]
    assert (said.subject, said.actor) == (signal["signal_id"], "olivia")


def _promoted(desk: ApproverDesk) -> str:
    """The hash of what ada submits, victor validates, tessa and rosa approve, and rene releases."""
    desk.good("keyring", "init")
    for person, roles in ROLES.items():
        desk.good("keyring", "add", str(desk.home / "gate" / "keys" / f"{person}.pub"), "--roles", roles)
    desk.good("keyring", "publish", "--as", "rene")
    desk.good("submit", STRATEGY, "--author", "ada", *_WINDOW, "--symbols", "AAPL,IBM")
    assert desk.good("validate", FIRST, "--as", "victor")["evidence"]["golden_failed"] == []
    desk.approve("tessa", "TECHNICAL")
    approved = desk.approve("rosa", "RISK")
    released = desk.good("release", FIRST, "--as", "rene", "--reason", "first release")
    assert [found["state"] for found in released["activated"]] == ["ACTIVE"]
    return str(approved["payload_sha256"])


def _traded(trader: TraderProcess, bars: Sequence[Bar]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first signal after the tested window, which olivia approves and executes, and its trade."""
    history = [bar for bar in bars if bar.end <= _LAST_TESTED]
    assert _sent(trader, history) == []
    for _, day in groupby(bars[len(history) :], key=lambda bar: bar.end):
        for signal in _sent(trader, list(day)):
            path = f"/api/v1/signals/{signal['signal_id']}/approve"
            assert trader.post(path, {"approved_by": "olivia"}).status_code == 200
            body = {"signal_id": signal["signal_id"], "approved_by": "olivia"}
            answer = trader.post("/api/v1/execute", body, timeout=30)
            assert answer.status_code == 201, answer.text
            return signal, answer.json()["trade"]
    raise AssertionError("the strategy gave no signal")


def _sent(trader: TraderProcess, bars: Sequence[Bar]) -> list[dict[str, Any]]:
    """The signals that came of them."""
    answer = trader.post("/api/v1/bars", {"bars": [_spelled(bar) for bar in bars]}, timeout=60)
    assert (answer.status_code, answer.json()["new_bars"]) == (200, len(bars)), answer.text
    signals: list[dict[str, Any]] = answer.json()["signals"]
    return signals


def _spelled(bar: Bar) -> dict[str, str]:
    numbers = {name: plain(getattr(bar, name)) for name in ("open", "high", "low", "close", "volume")}
    times = {"start": bar.start.isoformat(), "end": bar.end.isoformat()}
    return {"symbol": bar.symbol, "timeframe": bar.timeframe, **times, **numbers}


async def _bars(home: Path, symbols: Sequence[str]) -> list[Bar]:
    """What research has stored of them, in the order of their ends."""
    stored = ParquetMarketData(home / "market_data")
    found = [
        await stored.bars(symbol, Timeframe.DAY, after=datetime(2008, 12, 31, tzinfo=UTC))
        for symbol in symbols
    ]
    return sorted((bar for series in found for bar in series), key=lambda bar: (bar.end, bar.symbol))
