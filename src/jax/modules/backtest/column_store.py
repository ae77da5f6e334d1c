"""Indicator columns, each made once and read by all the parameter sets and threads that ask for it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jax.domain.errors import InvalidValue
from jax.domain.strategy import Indicator
from jax.modules.backtest.kernel.arrays import Floats, Ints
from jax.modules.backtest.kernel.strategy_loops import SIDE_BY_SIDE
from jax.modules.backtest.strategy_kernels import kind_of

# Fills the rows of a table, [columns, bars], that the third argument names, with the values of indicators
# (all of one kind), a row each.
FillColumns = Callable[[Sequence[Indicator], Floats, Ints], object]

# What makes two indicators the same column.
_Key = tuple[Any, int, tuple[Any, ...]]
# As many columns of one kind are made in one go.
_BATCH = SIDE_BY_SIDE
# To make a column of fewer bars takes less than to start a thread.
_MANY_BARS = 250_000


@dataclass(slots=True)
class _Column:
    """A row of the table; whoever has the lock may make it ready."""

    row: int
    holders: int
    ready: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


_Missing = tuple[_Column, Indicator]


class ColumnStore:
    """A table [room, bars] of indicator columns, of which those that nobody holds make room for others.

    Many threads may hold columns at once; what is missing they make side by side. One that holds alone has
    columns of many bars made by so many `threads` (>= 1).
    """

    def __init__(self, fill: FillColumns, *, bars: int, room: int, threads: int = 1) -> None:
        self._fill = fill
        # Memory that nobody has written to yet takes no room.
        self.table: Floats = np.empty((room, bars))
        self._threads = threads
        self._used = 0
        self._callers = 0
        self._columns: dict[_Key, _Column] = {}
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, indicators: Sequence[Indicator]) -> Iterator[Ints]:
        """The rows of `table` that hold `indicators` (all different) for as long as the block lasts.

        Waits while others hold too many. InvalidValue: more than the table has room for.
        """
        wanted: Mapping[_Key, Indicator] = {_key(each): each for each in indicators}
        if not (len(wanted) <= len(self.table)):
            raise InvalidValue("indicators", f"{len(wanted)} do not fit into {len(self.table)} columns")
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(wanted))
            held = self._held(wanted)
            self._callers += 1
            alone = self._callers == 1
        try:
            self._make_ready(held, indicators, alone=alone)
            yield np.array([column.row for column in held], dtype=np.int64)
        finally:
            with self._changed:
                self._callers -= 1
                for column in held:
                    column.holders -= 1
                self._changed.notify_all()

    def _has_room(self, wanted: Mapping[_Key, Indicator]) -> bool:
        missing = len(wanted.keys() - self._columns.keys())
        idle = sum(1 for key, column in self._columns.items() if not column.holders and key not in wanted)
        return missing <= len(self.table) - self._used + idle

    def _held(self, wanted: Mapping[_Key, Indicator]) -> list[_Column]:
        for key in wanted:
            if key in self._columns:
                # To the end: what was asked for lately goes last.
                self._columns[key] = self._columns.pop(key)
                self._columns[key].holders += 1
        for key in wanted:
            if key not in self._columns:
                self._columns[key] = _Column(self._free_row(), holders=1)
        return [self._columns[key] for key in wanted]

    def _free_row(self) -> int:
        """A row that was never used, or that of what nobody holds and was asked for the longest ago."""
        if self._used < len(self.table):
            self._used += 1
            return self._used - 1
        key = next(key for key, column in self._columns.items() if not column.holders)
        return self._columns.pop(key).row

    def _make_ready(self, held: Sequence[_Column], indicators: Sequence[Indicator], *, alone: bool) -> None:
        missing = [pair for pair in zip(held, indicators, strict=True) if not pair[0].ready]
        divided = alone and min(self._threads, len(missing)) > 1
        if divided and self.table.shape[1] >= _MANY_BARS:
            size = min(_BATCH, -(-len(missing) // self._threads))
            with ThreadPoolExecutor(self._threads) as pool:
                list(pool.map(self._make_free, _batches(missing, size=size)))
        else:
            for batch in _batches(missing, size=_BATCH):
                self._make_free(batch)
        # What others had not finished, or have failed to make.
        for column, indicator in missing:
            with column.lock:
                self._make([(column, indicator)])

    def _make_free(self, batch: Sequence[_Missing]) -> None:
        """Makes what nobody else is at."""
        locked = [pair for pair in batch if pair[0].lock.acquire(blocking=False)]
        try:
            self._make(locked)
        finally:
            for column, _ in locked:
                column.lock.release()

    def _make(self, batch: Sequence[_Missing]) -> None:
        missing = [pair for pair in batch if not pair[0].ready]
        if missing:
            rows = np.array([column.row for column, _ in missing], dtype=np.int64)
            self._fill([indicator for _, indicator in missing], self.table, rows)
            for column, _ in missing:
                column.ready = True


def _batches(missing: Sequence[_Missing], *, size: int) -> list[list[_Missing]]:
    """Up to `size` columns each, whose indicators are of one kind."""
    kinds: dict[Any, list[_Missing]] = {}
    for pair in missing:
        kinds.setdefault(kind_of(pair[1]), []).append(pair)
    return [kind[start : start + size] for kind in kinds.values() for start in range(0, len(kind), size)]


def _key(indicator: Indicator) -> _Key:
    return indicator.step, indicator.lag, indicator.arguments
