"""Each test runs at both exchanges, with AAPL quoted at 150."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jax.adapters.memory.clock import SettableClock
from tests.contract.broker_venues import OPENING, bar
from tests.contract.ccxt_venues import WORDS, OpenedVenue, opened_venue


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(OPENING)


@pytest.fixture(params=WORDS)
async def opened(
    request: pytest.FixtureRequest, tmp_path: Path, clock: SettableClock
) -> AsyncIterator[OpenedVenue]:
    async with opened_venue(request.param, tmp_path, clock) as venue:
        await venue.trade_bars([bar(0, close="150")])
        yield venue


@pytest.fixture
async def binance(tmp_path: Path, clock: SettableClock) -> AsyncIterator[OpenedVenue]:
    async with opened_venue("binanceus", tmp_path, clock) as venue:
        await venue.trade_bars([bar(0, close="150")])
        yield venue


@pytest.fixture
async def btcturk(tmp_path: Path, clock: SettableClock) -> AsyncIterator[OpenedVenue]:
    async with opened_venue("btcturk", tmp_path, clock) as venue:
        await venue.trade_bars([bar(0, close="150")])
        yield venue
