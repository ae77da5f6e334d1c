"""Cross-validation and walk-forward: against a plain restatement, by hand, and on noise."""

import random
import statistics
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.overfitting import (
    halves_of,
    probability_of_backtest_overfitting,
    sharpe_of_sums,
    variance_of_trials,
    walk_forward_returns,
)

Returns = list[list[float]]


def noise(seed: int, *, columns: int, rows: int) -> Returns:
    chance = random.Random(seed)
    return [[chance.gauss(0.0, 0.01) for _ in range(rows)] for _ in range(columns)]


def sharpe(returns: Sequence[float]) -> float:
    return statistics.fmean(returns) / statistics.stdev(returns)


def restated(columns: Returns, blocks: int) -> float:
    """The paper's algorithm, line by line, for columns that differ and vary in every half."""
    rows = len(columns[0])
    bounds = [rows * number // blocks for number in range(blocks + 1)]
    parts = [range(start, end) for start, end in pairwise(bounds)]
    overfitted = halves = 0
    for chosen in combinations(range(blocks), blocks // 2):
        inside = [row for number in chosen for row in parts[number]]
        outside = [row for number in range(blocks) if number not in chosen for row in parts[number]]
        seen = [sharpe([column[row] for row in inside]) for column in columns]
        kept = [sharpe([column[row] for row in outside]) for column in columns]
        best = kept[seen.index(max(seen))]
        rank = sorted(kept).index(best) + 1
        halves += 1
        overfitted += rank / (len(columns) + 1) <= 0.5
    return overfitted / halves


@pytest.mark.parametrize(("columns", "rows", "blocks"), [(2, 40, 4), (5, 61, 6), (7, 100, 8), (4, 33, 2)])
def test_it_is_the_algorithm_of_the_paper(columns: int, rows: int, blocks: int) -> None:
    for seed in range(5):
        drawn = noise(seed, columns=columns, rows=rows)
        found = probability_of_backtest_overfitting(drawn, blocks=blocks)
        assert found == pytest.approx(restated(drawn, blocks))


def test_on_noise_it_is_one_half_over_many_seeds() -> None:
    found = [
        probability_of_backtest_overfitting(noise(seed, columns=6, rows=200), blocks=8) for seed in range(100)
    ]
    assert statistics.fmean(value for value in found if value is not None) == pytest.approx(0.5, abs=0.06)


def test_a_column_that_is_always_best_is_not_overfitted() -> None:
    drawn = noise(3, columns=9, rows=320)
    drawn[4] = [value + 0.02 for value in drawn[4]]
    assert probability_of_backtest_overfitting(drawn) == 0.0


def test_columns_that_only_shine_in_their_own_half_are_overfitted() -> None:
    good, bad = [0.02, 0.01] * 10, [-0.01, -0.02] * 10
    assert probability_of_backtest_overfitting([good + bad, bad + good], blocks=2) == 1.0


def test_of_three_the_middle_one_out_of_sample_counts_as_overfitted() -> None:
    best, middle, worst = [0.03, 0.02] * 5, [0.02, 0.01] * 5, [0.01, 0.0] * 5
    columns = [best + middle, middle + best, worst + worst]
    assert probability_of_backtest_overfitting(columns, blocks=2) == 1.0
    assert probability_of_backtest_overfitting([*columns, [-0.01, -0.02] * 10], blocks=2) == 0.0


def test_of_several_best_the_worst_out_of_sample_counts() -> None:
    level, good, bad = [0.02, 0.01] * 5, [0.04, 0.03] * 5, [0.0, -0.01] * 5
    columns = [level + good, level + bad, bad + level]
    # In the first half two are best, and one of them is last in the second; in the second the first is best,
    # and then shares the first rank with the other.
    assert probability_of_backtest_overfitting(columns, blocks=2) == 0.5
    assert probability_of_backtest_overfitting(columns[::-1], blocks=2) == 0.5


def test_variants_that_stand_still_rank_between_gains_and_losses() -> None:
    still, gain, loss = [0.0] * 10, [0.01] * 10, [-0.01] * 10
    best_again = [gain + gain, still + still, loss + loss]
    assert probability_of_backtest_overfitting(best_again, blocks=2) == 0.0
    turned = [gain + loss, still + still, loss + gain]
    assert probability_of_backtest_overfitting(turned, blocks=2) == 1.0


def test_columns_that_stand_still_are_level_whatever_rounding_leaves_of_them() -> None:
    # Ten times 0.1 scatter by 1e-17 around their mean, ten times 0.013 do not.
    assert probability_of_backtest_overfitting([[0.1] * 20, [0.013] * 20], blocks=2) == 1.0


@given(st.integers(0, 1_000), st.permutations(range(5)))
def test_neither_order_nor_scale_nor_copies_of_columns_matter(seed: int, order: list[int]) -> None:
    drawn = noise(seed, columns=5, rows=48)
    found = probability_of_backtest_overfitting(drawn, blocks=4)
    # Powers of two, which scale without rounding.
    changed = [[value * 2.0**number for value in drawn[number]] for number in order]
    assert probability_of_backtest_overfitting(changed, blocks=4) == found
    assert probability_of_backtest_overfitting([*drawn, *drawn[:3]], blocks=4) == found


@pytest.mark.parametrize(
    "columns", [[], [[0.1, 0.2] * 20], [[0.1, 0.2] * 20] * 3, [[0.1] * 7, [0.2] * 7], [[], []]]
)
def test_too_little_to_compare_has_no_probability(columns: Returns) -> None:
    assert probability_of_backtest_overfitting(columns, blocks=4) is None


@pytest.mark.parametrize("blocks", [0, 1, 3, -2])
def test_halves_need_an_even_number_of_blocks(blocks: int) -> None:
    with pytest.raises(InvalidValue, match="blocks: must be even and at least 2"):
        probability_of_backtest_overfitting([[0.1, 0.2] * 20], blocks=blocks)


def test_columns_of_different_lengths_are_refused() -> None:
    for judged in (probability_of_backtest_overfitting, walk_forward_returns):
        with pytest.raises(InvalidValue, match=r"columns: must be of one length, not of \[2, 3\]"):
            judged([[0.1, 0.2], [0.1, 0.2, 0.3]])


def test_each_part_is_run_by_what_was_best_before_it() -> None:
    up, down = [0.02, 0.01], [-0.01, -0.02]
    first = up + down * 3 + up * 2
    second = down + up * 4 + down
    #                part 2: first is best, 3: level, so the first of them, 4 to 6: second is best
    expected = (*down, *down, *up, *up, *down)
    assert walk_forward_returns([first, second], folds=5) == expected


def test_the_longer_history_decides_and_not_the_last_part() -> None:
    steady, late = [0.01, 0.0] * 9, [-0.02, -0.01] * 6 + [0.02, 0.01] * 3
    found = walk_forward_returns([late, steady], folds=2)
    assert found == tuple([0.01, 0.0] * 6)


@given(st.integers(0, 1_000), st.integers(1, 6))
def test_what_comes_later_changes_nothing_before_it(seed: int, folds: int) -> None:
    drawn, rows = noise(seed, columns=4, rows=70), 70
    found = walk_forward_returns(drawn, folds=folds)
    assert found is not None
    assert len(found) == rows - rows // (folds + 1)
    last_start = rows * folds // (folds + 1)
    turned = [column[:last_start] + [-9.0 * value for value in column[last_start:]] for column in drawn]
    other = walk_forward_returns(turned, folds=folds)
    assert other is not None
    tail = rows - last_start
    assert other[:-tail] == found[:-tail]
    assert list(other[-tail:]) == [-9.0 * value for value in found[-tail:]]


def test_one_column_is_followed_all_the_way() -> None:
    (column,) = noise(0, columns=1, rows=24)
    assert walk_forward_returns([column], folds=3) == tuple(column[6:])


@pytest.mark.parametrize("columns", [[], [[0.1] * 11], [[], []]])
def test_fewer_than_two_rows_a_part_are_no_walk(columns: Returns) -> None:
    assert walk_forward_returns(columns, folds=5) is None


def test_a_walk_needs_a_fold() -> None:
    with pytest.raises(InvalidValue, match="folds: must be at least 1"):
        walk_forward_returns([[0.1, 0.2] * 20], folds=0)


@pytest.mark.parametrize("seed", range(5))
def test_a_ratio_of_sums_is_that_of_the_returns(seed: int) -> None:
    [column] = noise(seed, columns=1, rows=7)
    sums = (7.0, sum(column), sum(value * value for value in column))
    assert sharpe_of_sums(sums) == pytest.approx(sharpe(column), rel=1e-9)


def test_a_ratio_of_what_does_not_vary_is_its_sign_without_bound() -> None:
    assert sharpe_of_sums((4.0, 0.4, 0.04)) == float("inf")
    assert sharpe_of_sums((4.0, -0.4, 0.04)) == float("-inf")
    assert sharpe_of_sums((4.0, 0.0, 0.0)) == 0.0


def test_trials_scatter_at_least_as_independent_ones_without_skill() -> None:
    assert variance_of_trials([0.5, -0.5, 0.3], observations=101) == pytest.approx(
        statistics.variance([0.5, -0.5, 0.3])
    )
    assert variance_of_trials([0.01, 0.011], observations=101) == pytest.approx(0.01)
    assert variance_of_trials([0.5], observations=101) == pytest.approx(0.01)
    assert variance_of_trials([], observations=101) == pytest.approx(0.01)


@pytest.mark.parametrize("blocks", [2, 4, 8])
def test_each_half_is_as_far_from_the_beginning_as_its_complement_from_the_end(blocks: int) -> None:
    halves = halves_of(blocks)
    for half, rest in zip(halves, reversed(halves), strict=True):
        assert sorted((*half, *rest)) == list(range(blocks))
