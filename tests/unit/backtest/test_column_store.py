"""Columns are made once, kept while they are held, and make room afterwards, whatever the threads do."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest

from jax.domain.errors import InvalidValue
from jax.domain.indicators.simple_moving_average import sma_close, sma_volume
from jax.domain.strategy import Indicator
from jax.modules.backtest.column_store import ColumnStore, FillColumns
from jax.modules.backtest.kernel.arrays import Floats, Ints

BARS = 5


class Filling:
    """Fills columns with their indicators' lengths, and remembers what it filled."""

    def __init__(self) -> None:
        self.filled: list[int] = []

    def __call__(self, indicators: Sequence[Indicator], table: Floats, rows: Ints) -> None:
        lengths = [indicator.arguments[0] for indicator in indicators]
        self.filled += lengths
        # What is half done is not what was asked for.
        table[rows] = np.nan
        time.sleep(0.0005)
        table[rows] = np.array(lengths, dtype=np.float64)[:, None]


def held_values(store: ColumnStore, lengths: Sequence[int]) -> list[list[float]]:
    with store.holding([sma_close(length) for length in lengths]) as rows:
        found: list[list[float]] = store.table[rows].tolist()
    return found


def test_gives_the_rows_in_the_order_that_was_asked_for() -> None:
    store = ColumnStore(Filling(), bars=BARS, room=4)
    assert held_values(store, [3, 7, 5]) == [[3.0] * BARS, [7.0] * BARS, [5.0] * BARS]
    assert held_values(store, [5, 3]) == [[5.0] * BARS, [3.0] * BARS]


def test_a_column_is_made_once_as_long_as_there_is_room() -> None:
    fill = Filling()
    store = ColumnStore(fill, bars=BARS, room=3)
    for lengths in ([1, 2], [2, 3], [3, 1]):
        held_values(store, lengths)
    assert fill.filled == [1, 2, 3]


def test_what_was_asked_for_the_longest_ago_makes_room() -> None:
    fill = Filling()
    store = ColumnStore(fill, bars=BARS, room=2)
    for lengths in ([1], [2], [1], [3], [1], [2]):
        assert held_values(store, lengths) == [[float(length)] * BARS for length in lengths]
    assert fill.filled == [1, 2, 3, 2]


def test_columns_of_one_length_and_another_step_or_lag_differ() -> None:
    fill = Filling()
    store = ColumnStore(fill, bars=BARS, room=4)
    with store.holding([sma_close(3), sma_volume(3), sma_close(3)._replace(lag=9)]) as rows:
        assert len(set(rows.tolist())) == 3
    assert fill.filled == [3, 3, 3]


def test_refuses_more_than_it_has_room_for() -> None:
    store = ColumnStore(Filling(), bars=BARS, room=2)
    with pytest.raises(InvalidValue, match="indicators: 3 do not fit into 2 columns"):
        held_values(store, [1, 2, 3])
    assert held_values(store, [1, 2]) == [[1.0] * BARS, [2.0] * BARS]


def test_holding_nothing_holds_nothing() -> None:
    with ColumnStore(Filling(), bars=BARS, room=1).holding([]) as rows:
        assert rows.tolist() == []


def test_waits_until_others_leave_room_and_keeps_what_they_hold() -> None:
    store = ColumnStore(Filling(), bars=BARS, room=2)
    found: list[list[list[float]]] = []
    waiting = threading.Thread(target=lambda: found.append(held_values(store, [3])))
    with store.holding([sma_close(1), sma_close(2)]) as rows:
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        assert store.table[rows].tolist() == [[1.0] * BARS, [2.0] * BARS]
    waiting.join(5)
    assert found == [[[3.0] * BARS]]


def test_a_column_that_could_not_be_made_is_tried_again() -> None:
    attempts = []

    def fill(indicators: Sequence[Indicator], table: Floats, rows: Ints) -> None:
        attempts.append(indicators[0].arguments[0])
        if len(attempts) == 1:
            raise ValueError("once")
        table[rows] = 1.0

    store = ColumnStore(fill, bars=BARS, room=1)
    with pytest.raises(ValueError, match="once"):
        held_values(store, [4])
    assert held_values(store, [4]) == [[1.0] * BARS]
    assert held_values(store, [5]) == [[1.0] * BARS]
    assert attempts == [4, 4, 5]


def together(begun: threading.Barrier) -> FillColumns:
    """Goes on only when another thread is at other columns."""

    def fill(indicators: Sequence[Indicator], table: Floats, rows: Ints) -> None:
        begun.wait()
        table[rows] = indicators[0].arguments[0]

    return fill


def test_threads_divide_what_is_missing() -> None:
    store = ColumnStore(together(threading.Barrier(2, timeout=10)), bars=BARS, room=2)

    def look(_: int) -> list[list[float]]:
        with store.holding([sma_close(1), sma_volume(2)]) as rows:
            found: list[list[float]] = store.table[rows].tolist()
        return found

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(look, range(2)))
    assert found == [[[1.0] * BARS, [2.0] * BARS]] * 2


class Batches:
    """Remembers what was made in one go, and by which thread."""

    def __init__(self) -> None:
        self.lengths: list[list[int]] = []
        self.threads: set[int] = set()

    def __call__(self, indicators: Sequence[Indicator], table: Floats, rows: Ints) -> None:
        self.lengths.append([indicator.arguments[0] for indicator in indicators])
        self.threads.add(threading.get_ident())
        table[rows] = 1.0


def test_columns_of_one_kind_are_made_in_fours() -> None:
    fill = Batches()
    store = ColumnStore(fill, bars=BARS, room=8)
    closes = [sma_close(length) for length in range(1, 7)]
    with store.holding([*closes[:3], sma_volume(9), *closes[3:]]):
        assert fill.lengths == [[1, 2, 3, 4], [5, 6], [9]]
    with store.holding([sma_close(6), sma_close(7)]):
        assert fill.lengths[3:] == [[7]]


def test_the_threads_of_one_that_holds_alone_make_long_columns() -> None:
    store = ColumnStore(together(threading.Barrier(2, timeout=10)), bars=250_000, room=2, threads=2)
    with store.holding([sma_close(1), sma_close(2)]) as rows:
        assert store.table[rows, -1].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("threads", "count", "lengths"), [(3, 5, [1, 2, 2]), (2, 9, [1, 4, 4])])
def test_what_threads_make_is_divided_evenly_but_in_fours_at_most(
    threads: int, count: int, lengths: list[int]
) -> None:
    fill = Batches()
    store = ColumnStore(fill, bars=250_000, room=9, threads=threads)
    with store.holding([sma_close(length) for length in range(1, count + 1)]):
        assert sorted(map(len, fill.lengths)) == lengths


def test_what_a_thread_failed_to_make_is_told_and_tried_again() -> None:
    failures = [ValueError("once")]

    def fill(indicators: Sequence[Indicator], table: Floats, rows: Ints) -> None:
        if indicators[0].arguments[0] == 2 and failures:
            raise failures.pop()
        table[rows] = indicators[0].arguments[0]

    store = ColumnStore(fill, bars=250_000, room=2, threads=2)
    with pytest.raises(ValueError, match="once"):
        held_values(store, [1, 2])
    with store.holding([sma_close(1), sma_close(2)]) as rows:
        assert store.table[rows, 0].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(("bars", "threads", "count"), [(249_999, 2, 2), (250_000, 1, 2), (250_000, 2, 1)])
def test_short_columns_a_single_thread_and_a_single_column_need_no_other(
    bars: int, threads: int, count: int
) -> None:
    fill = Batches()
    store = ColumnStore(fill, bars=bars, room=2, threads=threads)
    with store.holding([sma_close(1), sma_volume(2)][:count]):
        assert fill.threads == {threading.get_ident()}


def test_one_among_others_makes_its_columns_itself() -> None:
    fill = Batches()
    store = ColumnStore(fill, bars=250_000, room=4, threads=2)
    with store.holding([]), store.holding([sma_close(1), sma_volume(2)]):
        assert fill.threads == {threading.get_ident()}
    fill.threads.clear()
    with store.holding([sma_close(3), sma_volume(4)]):
        assert threading.get_ident() not in fill.threads


@pytest.mark.parametrize(("room", "threads"), [(4, 6), (8, 4), (40, 3)])
def test_many_threads_see_whole_columns_of_what_they_asked_for(room: int, threads: int) -> None:
    fill = Filling()
    store = ColumnStore(fill, bars=BARS, room=room)

    def look(seed: int) -> None:
        chance = Random(seed)
        for _ in range(40):
            lengths = chance.sample(range(1, 13), chance.randrange(1, 5))
            with store.holding([sma_close(length) for length in lengths]) as rows:
                for _ in range(2):
                    assert store.table[rows].tolist() == [[float(length)] * BARS for length in lengths]

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(look, range(threads)))
    if room >= 12:
        assert Counter(fill.filled) == Counter(range(1, 13))
