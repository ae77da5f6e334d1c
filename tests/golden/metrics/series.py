"""The committed equity curves that our metrics and empyrical-reloaded's are taken of.

The standard library only: the environment with empyrical reads them too.
"""

import csv
import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
FIGURES = FOLDER / "empyrical_figures.json"
INITIAL = Decimal(100_000)
# Each series, and how many of its bars a year has: what empyrical is told to annualise by.
BARS_A_YEAR: Mapping[str, int] = {
    "random_daily": 252,
    "clustered_daily": 252,
    "every_day_of_the_week": 365,
    "hourly": 252 * 7,
    "only_losses": 252,
    "only_gains": 252,
    "flat": 252,
    "steady_benchmark": 252,
    "two_points": 252,
    "one_point": 252,
}


class Series(NamedTuple):
    """An equity a bar end, after INITIAL in cash, and the benchmark's return over the same bar (or NaN)."""

    ends: list[datetime]
    equities: list[Decimal]
    benchmark: list[float]


def file_of(name: str) -> Path:
    return FOLDER / f"{name}.csv"


def read(name: str) -> Series:
    with file_of(name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Series(
        [datetime.fromisoformat(row["end"]) for row in rows],
        [Decimal(row["equity"]) for row in rows],
        [float(row["benchmark"] or "nan") for row in rows],
    )


def digest(name: str) -> str:
    """The SHA-256 of the file, by which recorded figures know the series that they are of."""
    return hashlib.sha256(file_of(name).read_bytes()).hexdigest()
