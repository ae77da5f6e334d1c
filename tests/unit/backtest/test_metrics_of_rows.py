"""Many runs' metrics at once are those of each of them, to the last bit."""

import math
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.metrics_of_rows import figures_of_rows, first_wrong
from jax.modules.backtest.metrics_of_statistics import METRICS, figures_of

CALENDAR: dict[str, Any] = {"initial_cash": 1e5, "bars_a_year": 252, "years": 3.7}
NAMES = [name for name in METRICS if name not in {"alpha", "beta"}]
IDLE = RunStatistics(**{**dict.fromkeys(RunStatistics._fields, 0.0), "final_equity": 1e5, "bars": 932.0})


def some_run(chance: Random) -> RunStatistics:
    """Numbers as they may go together, often at an edge."""
    bars = float(chance.choice([1, 2, 3, 932]))
    total = chance.choice([0.0, chance.gauss(0.0, 1.0)])
    least = total * total / bars
    trades = float(chance.choice([0, 1, 7]))
    wins = float(chance.randint(0, int(trades)))
    won, lost = wins * chance.random(), (trades - wins) * chance.choice([0.0, chance.random()])
    squares = least * chance.choice([1.0, 1.0 + 5e-13, 1.0 + 2e-12, 3.0])
    return RunStatistics(
        final_equity=chance.choice([1e5, 0.0, -3.0, 1e17, 1e5 * math.exp(chance.gauss(0.0, 1.0))]),
        bars=bars,
        return_sum=total,
        return_square_sum=squares,
        downside_square_sum=chance.choice([0.0, squares * chance.random()]),
        max_drawdown=chance.choice([0.0, chance.random()]),
        max_drawdown_bars=float(chance.randint(0, int(bars))),
        trades=trades,
        wins=wins,
        won=won,
        lost=lost,
        largest_win=won,
        largest_loss=lost,
        exposed_bars=float(chance.randint(0, int(bars))),
        traded_fraction=chance.random(),
    )


@given(st.integers(0, 10**9))
@example(0)
def test_each_run_has_the_figures_that_it_has_alone(seed: int) -> None:
    chance = Random(seed)
    runs = [some_run(chance) for _ in range(12)]
    found = figures_of_rows(np.array(runs), **CALENDAR)
    assert list(found) == NAMES
    for number, run in enumerate(runs):
        alone = figures_of(run, **CALENDAR)
        own = {name: values[number].item() for name, values in found.items()}
        assert {name: None if math.isnan(value) else value for name, value in own.items()} == {
            name: alone[name] for name in NAMES
        }


def test_no_runs_have_no_figures() -> None:
    found = figures_of_rows(np.empty((0, 15)), **CALENDAR)
    assert [len(found[name]) for name in NAMES] == [0] * len(NAMES)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("return_sum", math.inf, "statistics.return_sum: is inf"),
        ("wins", math.nan, "statistics.wins: is nan"),
        ("bars", 0.0, "statistics.bars: must be at least 1, not 0.0"),
    ],
)
def test_refuses_the_first_run_that_cannot_be(field: str, value: float, told: str) -> None:
    later = IDLE._replace(won=math.nan)
    rows = np.array([IDLE, IDLE._replace(**{field: value}), later])
    assert first_wrong(rows) == 1
    with pytest.raises(InvalidValue, match=told):
        figures_of_rows(rows, **CALENDAR)


def test_finds_nothing_wrong_with_what_can_be() -> None:
    assert first_wrong(np.array([IDLE, IDLE._replace(bars=1.0)])) is None
    assert first_wrong(np.empty((0, 15))) is None


@pytest.mark.parametrize("name", list(CALENDAR))
def test_refuses_a_calendar_that_cannot_be(name: str) -> None:
    with pytest.raises(InvalidValue, match=f"{name}: must be above zero, not 0"):
        figures_of_rows(np.array([IDLE]), **{**CALENDAR, name: 0})
