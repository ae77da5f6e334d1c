"""Indicator columns, each made once and read by all the parameter sets and threads that ask for it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from jax.domain.errors import InvalidValue
from jax.domain.strategy import Indicator
from jax.modules.backtest.kernel.arrays import Floats, Ints

# Fills its second argument, [bars], with an indicator's values.
FillColumn = Callable[[Indicator, Floats], object]

# What makes two indicators the same column.
_Key = tuple[Any, int, tuple[Any, ...]]


@dataclass(slots=True)
class _Column:
    """A row of the table; whoever has the lock may make it ready."""

    row: int
    holders: int
    ready: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class ColumnStore:
    """A table [room, bars] of indicator columns, of which those that nobody holds make room for others.

    Many threads may hold columns at once; what is missing they make side by side.
    """

    def __init__(self, fill: FillColumn, *, bars: int, room: int) -> None:
        self._fill = fill
        # Memory that nobody has written to yet takes no room.
        self.table: Floats = np.empty((room, bars))
        self._used = 0
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
        try:
            self._make_ready(held, indicators)
            yield np.array([column.row for column in held], dtype=np.int64)
        finally:
            with self._changed:
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

    def _make_ready(self, held: Sequence[_Column], indicators: Sequence[Indicator]) -> None:
        # First what nobody else is at; then what others have not finished, or have failed to make.
        for waits in (False, True):
            for column, indicator in zip(held, indicators, strict=True):
                if not column.ready and column.lock.acquire(blocking=waits):
                    try:
                        self._make(column, indicator)
                    finally:
                        column.lock.release()

    def _make(self, column: _Column, indicator: Indicator) -> None:
        if not column.ready:
            self._fill(indicator, self.table[column.row])
            column.ready = True


def _key(indicator: Indicator) -> _Key:
    return indicator.step, indicator.lag, indicator.arguments
