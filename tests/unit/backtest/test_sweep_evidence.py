"""The evidence of a sweep is the domain's formulas over the sweep's own rows."""

import random
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.domain.errors import InvalidValue
from jax.domain.overfitting import (
    deflated_sharpe_ratio,
    moments_of,
    probability_of_backtest_overfitting,
    variance_of_trials,
)
from jax.modules.backtest import sweep_evidence
from jax.modules.backtest.kernel.arrays import Floats
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.set_runner import SetStatistics, even_bounds
from jax.modules.backtest.sweep_evidence import evidence_of_sweep, probability_of_overfitting

ROWS = 80


def nothing_to_compile() -> NoReturn:
    raise AssertionError("there is too little to count")


def noise(variants: int, *, seed: int, rows: int = ROWS) -> list[list[float]]:
    chance = random.Random(seed)
    return [[chance.gauss(0.0, 0.01) for _ in range(rows)] for _ in range(variants)]


def blocks_of(columns: list[list[float]], blocks: int) -> Floats:
    bounds = even_bounds(len(columns[0]), blocks=blocks).tolist()
    return np.array(
        [
            [
                [end - start, sum(column[start:end]), sum(value * value for value in column[start:end])]
                for start, end in pairwise(bounds)
            ]
            for column in columns
        ]
    )


def statistics_of(columns: list[list[float]]) -> Floats:
    names = RunStatistics._fields
    found = np.full((len(columns), len(names)), 1e9)
    for row, column in zip(found, columns, strict=True):
        row[names.index("bars")] = len(column)
        row[names.index("return_sum")] = sum(column)
        row[names.index("return_square_sum")] = sum(value * value for value in column)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_overfitting_is_that_of_the_columns(seed: int) -> None:
    columns = noise(7, seed=seed)
    found = probability_of_overfitting(blocks_of(columns, 8), compiler=nothing_to_compile)
    assert found == probability_of_backtest_overfitting(columns, blocks=8)


def test_equal_sets_count_once() -> None:
    columns = noise(5, seed=1)
    blocks = blocks_of([*columns, *columns[:3]], 6)
    found = probability_of_overfitting(blocks, compiler=nothing_to_compile)
    assert found == probability_of_backtest_overfitting(columns, blocks=6)


def test_two_returns_a_block_are_enough() -> None:
    columns = noise(4, seed=2, rows=16)
    found = probability_of_overfitting(blocks_of(columns, 8), compiler=nothing_to_compile)
    assert found is not None
    assert found == probability_of_backtest_overfitting(columns, blocks=8)


def test_too_little_to_compare_has_no_probability() -> None:
    columns = noise(3, seed=2, rows=15)
    assert probability_of_overfitting(blocks_of(columns, 8), compiler=nothing_to_compile) is None
    assert probability_of_overfitting(blocks_of(noise(1, seed=2) * 3, 8), compiler=nothing_to_compile) is None
    with pytest.raises(InvalidValue, match="blocks: must be even"):
        probability_of_overfitting(blocks_of(columns, 3), compiler=nothing_to_compile)


def test_compiled_it_counts_the_same(kernel_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [*noise(40, seed=3), [0.0] * ROWS, [0.01] * ROWS]
    blocks = blocks_of(columns, 10)
    plain = probability_of_overfitting(blocks, compiler=nothing_to_compile)
    monkeypatch.setattr(sweep_evidence, "_COMPILED_FROM", 42 * 252)
    asked = []

    def compiler() -> NumbaKernels:
        asked.append(NumbaKernels(kernel_folder))
        return asked[0]

    assert probability_of_overfitting(blocks, compiler=compiler) == plain
    assert len(asked) == 1
    monkeypatch.setattr(sweep_evidence, "_COMPILED_FROM", 42 * 252 + 1)
    assert probability_of_overfitting(blocks, compiler=nothing_to_compile) == plain


def test_the_sharpe_ratio_is_deflated_by_all_trials_and_their_spread() -> None:
    columns = noise(6, seed=4)
    best = [value + 0.004 for value in columns[2]]
    # One that never traded, and one whose returns are all the same, have no ratio but were tried.
    every = [*columns, best, [0.0] * ROWS, [0.01] * ROWS]
    found = evidence_of_sweep(
        SetStatistics(statistics_of(every), blocks_of(every, 8)),
        chosen_returns=np.array(best),
        compiler=nothing_to_compile,
    )
    moments = [moments_of(column) for column in (*columns, best)]
    sharpes = [one.sharpe for one in moments if one is not None]
    chosen = moments[-1]
    assert chosen is not None
    expected = deflated_sharpe_ratio(
        chosen, trials=9, variance=variance_of_trials(sharpes, observations=ROWS)
    )
    assert expected is not None
    assert 0.05 < expected < 0.95
    assert found.trials == 9
    assert found.deflated_sharpe == pytest.approx(Decimal(expected), abs=Decimal("1e-6"))
    assert found.pbo == Decimal(str(probability_of_backtest_overfitting(every, blocks=8))).quantize(
        Decimal("0.000001")
    )


def test_what_does_not_vary_has_no_sharpe_ratio() -> None:
    columns = noise(3, seed=4)
    found = evidence_of_sweep(
        SetStatistics(statistics_of(columns), blocks_of(columns, 8)),
        chosen_returns=np.zeros(ROWS),
        compiler=nothing_to_compile,
    )
    assert found.deflated_sharpe is None
    assert found.pbo is not None
