"""A stretch of a panel's moments, tested as if nothing came after it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jax.domain.errors import InvalidValue
from jax.modules.backtest.bar_panel import BarPanel, panel_of_columns
from jax.modules.backtest.kernel.arrays import Columns, Ints


@dataclass(frozen=True, slots=True, eq=False)
class PanelWindow:
    """The bars of a stretch, and all those up to its end, which indicators are warmed by.

    `rows` are the places of the stretch's bars in `warm`. A symbol without a bar in the stretch is in
    neither.
    """

    panel: BarPanel
    warm: BarPanel
    rows: Ints | range


def whole_window(panel: BarPanel) -> PanelWindow:
    """All of `panel`."""
    return PanelWindow(panel, panel, range(len(panel.ends)))


def one_symbol(panel: BarPanel, number: int) -> BarPanel:
    """The panel of symbol number `number` alone."""
    rows = np.arange(len(panel.ends))
    return _part(panel, [number], (rows >= panel.first[number]) & (rows < panel.first[number + 1]))


def first_bars(panel: BarPanel, count: int) -> PanelWindow:
    """The first `count` (>= 1) bars of each symbol, or as many as it has: enough to try something out on."""
    place = np.arange(len(panel.ends)) - np.repeat(panel.first[:-1], np.diff(panel.first))
    return whole_window(_part(panel, list(range(len(panel.symbols))), place < count))


def window_of(panel: BarPanel, *, start: int, after: int) -> PanelWindow:
    """The moments of `panel` from number `start` up to and without `after`.

    InvalidValue: no moment, or one that the panel does not have.
    """
    if not (0 <= start < after <= len(panel.moments)):
        raise InvalidValue(
            "window", f"moments {start} to {after} are not within the panel's {len(panel.moments)}"
        )
    begins, last = panel.moments[start], panel.moments[after - 1]
    within = (panel.ends >= begins) & (panel.ends <= last)
    symbols = [
        number
        for number in range(len(panel.symbols))
        if within[panel.first[number] : panel.first[number + 1]].any()
    ]
    traded = np.repeat(np.isin(np.arange(len(panel.symbols)), symbols), np.diff(panel.first))
    warm = _part(panel, symbols, (panel.ends <= last) & traded)
    inside = np.flatnonzero(warm.ends >= begins)
    return PanelWindow(_part(panel, symbols, within & traded), warm, inside)


def _part(panel: BarPanel, symbols: list[int], kept: NDArray[np.bool_]) -> BarPanel:
    counts = {
        panel.symbols[number]: int(kept[panel.first[number] : panel.first[number + 1]].sum())
        for number in symbols
    }
    return panel_of_columns(
        counts,
        Columns(*(column[kept] for column in panel.arrays.columns)),
        starts=panel.starts[kept],
        ends=panel.ends[kept],
        contracts=[tuple(panel.arrays.contracts[number]) for number in symbols],
    )
