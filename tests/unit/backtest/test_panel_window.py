"""A window holds the bars of its moments, and nothing that came after them."""

import numpy as np
import pytest

from jax.domain.errors import InvalidValue
from jax.modules.backtest.bar_panel import BarPanel
from jax.modules.backtest.panel_window import first_bars, one_symbol, whole_window, window_of
from tests.integration.backtest.wavy_bars import wavy_panel


def ends_by_symbol(panel: BarPanel) -> dict[str, list[int]]:
    return {
        symbol: panel.ends[panel.first[number] : panel.first[number + 1]].tolist()
        for number, symbol in enumerate(panel.symbols)
    }


def test_the_whole_is_the_panel_itself() -> None:
    panel = wavy_panel(2, 40, seed=1)
    window = whole_window(panel)
    assert window.panel is panel
    assert window.warm is panel
    assert list(window.rows) == list(range(40 + 33))


@pytest.mark.parametrize("symbols", [1, 3])
def test_holds_the_bars_of_its_moments_and_is_warmed_by_those_before(symbols: int) -> None:
    panel = wavy_panel(symbols, 60, seed=2)
    window = window_of(panel, start=20, after=45)
    within = panel.moments[20:45].tolist()
    whole = ends_by_symbol(panel)
    assert window.panel.moments.tolist() == within
    assert ends_by_symbol(window.panel) == {
        symbol: [end for end in ends if end in within] for symbol, ends in whole.items()
    }
    assert ends_by_symbol(window.warm) == {
        symbol: [end for end in ends if end <= within[-1]] for symbol, ends in whole.items()
    }
    for name in ("starts", "ends"):
        assert getattr(window.warm, name)[window.rows].tolist() == getattr(window.panel, name).tolist()
    for warm, inner in zip(window.warm.arrays.columns, window.panel.arrays.columns, strict=True):
        assert warm[window.rows].tolist() == inner.tolist()


def test_a_symbol_without_a_bar_in_it_is_left_out() -> None:
    # Symbol number 2 is 14 days shorter than the first.
    panel = wavy_panel(3, 60, seed=2)
    window = window_of(panel, start=0, after=10)
    assert window.panel.symbols == window.warm.symbols == ("S000", "S001")
    assert len(window.rows) == 10 + 3
    assert window.panel.arrays.contracts.tolist() == [[1.0, 1.0]] * 2


def test_one_moment_is_a_window() -> None:
    window = window_of(wavy_panel(1, 10, seed=1), start=9, after=10)
    assert list(window.rows) == [9]
    assert len(window.panel.ends) == 1


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_symbol_has_its_own_bars_alone(number: int) -> None:
    panel = wavy_panel(3, 20, seed=1)
    found = one_symbol(panel, number)
    assert ends_by_symbol(found) == {panel.symbols[number]: ends_by_symbol(panel)[panel.symbols[number]]}
    for own, column in zip(found.columns(0), panel.columns(number), strict=True):
        assert own.tolist() == column.tolist()


def test_the_first_bars_are_those_of_each_symbol() -> None:
    panel = wavy_panel(3, 20, seed=1)
    found = first_bars(panel, 8)
    assert ends_by_symbol(found.panel) == {symbol: ends[:8] for symbol, ends in ends_by_symbol(panel).items()}
    assert [len(ends) for ends in ends_by_symbol(found.panel).values()] == [8, 8, 6]
    assert found.warm is found.panel


@pytest.mark.parametrize(("start", "after"), [(5, 5), (-1, 5), (0, 11), (7, 6)])
def test_refuses_moments_that_are_not_there(start: int, after: int) -> None:
    with pytest.raises(
        InvalidValue, match=f"window: moments {start} to {after} are not within the panel's 10"
    ):
        window_of(wavy_panel(1, 10, seed=1), start=start, after=after)


def test_what_comes_after_it_is_nowhere_in_it() -> None:
    panel = wavy_panel(2, 50, seed=4)
    before = window_of(panel, start=10, after=30)
    for column in panel.arrays.columns:
        column[panel.ends > panel.moments[29]] = np.nan
    after = window_of(panel, start=10, after=30)
    for one, other in zip(before.warm.arrays.columns, after.warm.arrays.columns, strict=True):
        assert one.tobytes() == other.tobytes()
