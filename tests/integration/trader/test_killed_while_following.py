"""A trader that follows a feed is killed and started again: no signal is made twice, and none is missing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.adapters.market_feeds.bar_file import line_of
from jax.domain.bar import Bar, Timeframe
from jax.domain.derived_id import signal_id
from tests.integration.trader.trader_process import TraderProcess, trader_process
from tests.integration.trader.trading_home import audit_of, prepare, stores

_FIRST = datetime(2024, 3, 4, 21, tzinfo=UTC)
_COUNT = 60
_STEP = timedelta(seconds=2)


def _bars() -> list[Bar]:
    """Sessions that last two seconds, so that a hundred times as fast there are fifty a second."""
    bars = []
    for number in range(_COUNT):
        end, price = _FIRST + number * _STEP, Decimal(100 + number % 7)
        prices = (price, price + 1, price - 1, price)
        bars.append(Bar("AAPL", Timeframe.DAY, end - _STEP, end, *prices, Decimal(1000)))
    return bars


def _signals(trader: TraderProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = trader.get("/api/v1/signals", params={"limit": 1000}).json()["signals"]
    return found


def _until(trader: TraderProcess, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(_signals(trader)) < count:
        assert time.monotonic() < deadline, trader.said
        time.sleep(0.01)


async def _stored_bars(database_url: str) -> int:
    async with stores(database_url) as unit_of_work, unit_of_work.begin() as transaction:
        return len(await transaction.bars.bars("AAPL", Timeframe.DAY))


def test_a_kill_in_the_middle_of_a_feed_repeats_no_signal_and_loses_none(
    tmp_path: Path, database_url: str
) -> None:
    home, file = tmp_path / "home", tmp_path / "bars.jsonl"
    file.write_text("".join(map(line_of, _bars())))
    artifact = prepare(home, database_url)
    environment = {
        "DATABASE_URL": database_url,
        "MARKET_FEED": "replay",
        "FEED_FILE": str(file),
        "FEED_SPEED": "100",
    }
    with trader_process(home, **environment) as trader:
        _until(trader, 20)
        trader.kill()
    with trader_process(home, **environment) as trader:
        _until(trader, _COUNT)
        signals = _signals(trader)
    expected = {
        signal_id(
            strategy="buys_every_bar",
            artifact_hash=artifact.payload_sha256,
            symbol="AAPL",
            bar_end=bar.end,
        )
        for bar in _bars()
    }
    assert {signal["signal_id"] for signal in signals} == expected
    assert len(signals) == _COUNT
    generated = [entry for entry in audit_of(database_url) if entry.event.kind == "signal.generated"]
    assert len(generated) == _COUNT
    assert asyncio.run(_stored_bars(database_url)) == _COUNT
