"""Finished backtests, kept to be looked at and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from jax.domain.backtest_result import BacktestOrder, BacktestResult, BacktestTrade, EquityPoint
from jax.domain.canonical_json import Json


class RunTable(StrEnum):
    """The tables of a run: one row a bar end, an order, a trade."""

    EQUITY = "equity"
    ORDERS = "orders"
    TRADES = "trades"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """What went into a run and what came out, but for its tables and its report.

    `request` is what was asked for, `params` are all the strategy's parameters, `symbols` those that were
    traded, `rows` counts the rows of each table, `hashes` are named as they are to be read. `kept_at` is in
    UTC.
    """

    run_id: str
    kept_at: datetime
    engine_version: str
    strategy: str
    symbols: tuple[str, ...]
    bars: int
    first_end: datetime
    last_end: datetime
    params: Mapping[str, int | Decimal]
    request: Mapping[str, Json]
    metrics: Mapping[str, Decimal]
    rows: Mapping[RunTable, int]
    hashes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rows:
    """At most `limit` rows (None: all) behind the first `start` (>= 0)."""

    start: int = 0
    limit: int | None = None


ALL_ROWS = Rows()


class RunStore(Protocol):
    """Runs by id. A run is there whole or not at all, and never changes.

    What reads a run raises NotFound, naming the newest ones, and Unavailable for one that is damaged.
    """

    async def keep(self, run: KeptRun, result: BacktestResult, report: bytes) -> None:
        """Keeps the run; one that is there already stays as it is. Unavailable."""
        ...

    async def get(self, run_id: str) -> KeptRun:
        """The run of that id."""
        ...

    async def newest(self, limit: int | None = None) -> Sequence[KeptRun]:
        """At most `limit` runs, the one that was kept last in front; one that is damaged is left out."""
        ...

    async def equity(self, run_id: str, rows: Rows = ALL_ROWS) -> Sequence[EquityPoint]:
        """The account at the ends of bars, oldest first."""
        ...

    async def orders(self, run_id: str, rows: Rows = ALL_ROWS) -> Sequence[BacktestOrder]:
        """The orders, as they were made."""
        ...

    async def trades(self, run_id: str, rows: Rows = ALL_ROWS) -> Sequence[BacktestTrade]:
        """The trades, in the order of their exits."""
        ...

    async def arrow(self, run_id: str, table: RunTable) -> bytes:
        """The whole table as an Arrow IPC stream."""
        ...

    async def report(self, run_id: str) -> bytes:
        """The report, an HTML page."""
        ...

    def report_location(self, run_id: str) -> str:
        """Where a person finds the report of a run that is kept."""
        ...
