"""Weeks that were unlike others, on real bars: read where the folder with more market data is."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jax.domain.bar import Bar, Timeframe
from tests.replay.scenario import Outcome, Scenario

SHARED = Path(__file__).parents[3] / "shared" / "data" / "us_equities"
FINGERPRINTS = Path(__file__).parent / "real_windows.json"
_NEW_YORK = ZoneInfo("America/New_York")
_FOLDERS = {Timeframe.DAY: "daily", Timeframe.HOUR: "hour"}
_SESSION = (timedelta(hours=9, minutes=30), timedelta(hours=16))


@dataclass(frozen=True, slots=True)
class Window:
    """Bars of `symbol` from `warms_up_from` to `until`; signals count from `decides_from` on."""

    about: str
    symbol: str
    timeframe: Timeframe
    warms_up_from: date
    decides_from: date
    until: date


WINDOWS: Mapping[str, Window] = {
    "crash_2000": Window(
        "the fall of 2000, with a day that takes half",
        "AAPL",
        Timeframe.DAY,
        date(1999, 3, 1),
        date(2000, 3, 1),
        date(2001, 4, 30),
    ),
    "october_2008": Window(
        "the month of the largest swings",
        "SPY",
        Timeframe.HOUR,
        date(2008, 9, 2),
        date(2008, 10, 1),
        date(2008, 10, 31),
    ),
    "flash_crash_2010": Window(
        "the week of 6 May",
        "SPY",
        Timeframe.HOUR,
        date(2010, 4, 12),
        date(2010, 5, 3),
        date(2010, 5, 7),
    ),
    "split_2014": Window(
        "seven for one on 9 June, not adjusted",
        "AAPL",
        Timeframe.DAY,
        date(2013, 9, 3),
        date(2014, 6, 2),
        date(2014, 6, 30),
    ),
    "half_day_2013": Window(
        "29 November ends at one o'clock",
        "IBM",
        Timeframe.HOUR,
        date(2013, 11, 4),
        date(2013, 11, 25),
        date(2013, 12, 3),
    ),
}


def window_scenario(name: str) -> Scenario:
    """The window as a scenario of which nothing is expected yet."""
    window = WINDOWS[name]
    bars = _bars(window)
    decides_after = max(bar.end for bar in bars if bar.end.date() < window.decides_from)
    return Scenario(name, window.about, bars[-1].end, decides_after, 1, bars, {})


def fingerprint(outcomes: Sequence[Outcome]) -> Mapping[str, Any]:
    """How many there are, and a hash of all they say."""
    spelled = json.dumps(list(outcomes), sort_keys=True).encode()
    return {"outcomes": len(outcomes), "sha256": hashlib.sha256(spelled).hexdigest()}


def read_fingerprints() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """By window and strategy."""
    found: Mapping[str, Mapping[str, Mapping[str, Any]]] = json.loads(FINGERPRINTS.read_text())
    return found


def _bars(window: Window) -> tuple[Bar, ...]:
    archive_file = SHARED / _FOLDERS[window.timeframe] / f"{window.symbol.lower()}.zip"
    with zipfile.ZipFile(archive_file) as archive:
        rows = list(csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode())))
    first, last = f"{window.warms_up_from:%Y%m%d}", f"{window.until:%Y%m%d}"
    return tuple(_bar(window, row) for row in rows if first <= row[0][:8] <= last)


def _bar(window: Window, row: Sequence[str]) -> Bar:
    start, end = _times(window.timeframe, datetime.strptime(row[0], "%Y%m%d %H:%M").replace(tzinfo=_NEW_YORK))
    opened, high, low, close = (Decimal(text).scaleb(-4) for text in row[1:5])
    # The source has an odd price outside its bar.
    top, bottom = max(opened, high, close), min(opened, low, close)
    return Bar(window.symbol, window.timeframe, start, end, opened, top, bottom, close, Decimal(row[5]))


def _times(timeframe: Timeframe, written: datetime) -> tuple[datetime, datetime]:
    """In UTC; `written` is on the exchange's clock, of which no session here sees a change."""
    begins, ends = _SESSION if timeframe is Timeframe.DAY else (timedelta(0), timedelta(hours=1))
    return (written + begins).astimezone(UTC), (written + ends).astimezone(UTC)
