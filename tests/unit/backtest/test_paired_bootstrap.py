"""Whether two runs differ: said with certainty where they do, rarely where they do not."""

import math
import statistics
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from jax.domain.errors import InvalidValue
from jax.modules.backtest.paired_bootstrap import (
    BootstrapComparison,
    PairedReturns,
    paired_bootstrap,
    stationary_rows,
)


def seeded(seed: int) -> Generator:
    return Generator(PCG64(seed))


def normal(chance: Generator, rows: int, *, mean: float = 0.0, size: float = 0.01) -> list[float]:
    return [float(value) for value in chance.normal(mean, size, rows)]


def compared(
    a: Sequence[float], b: Sequence[float], *, seed: int = 1, samples: int = 400, block: int | None = None
) -> BootstrapComparison:
    return paired_bootstrap(PairedReturns(a, b, 252), generator=seeded(seed), samples=samples, block=block)


def sharpe(returns: Sequence[float]) -> float:
    return statistics.fmean(returns) / statistics.stdev(returns) * math.sqrt(252)


def test_equal_returns_do_not_differ() -> None:
    returns = normal(seeded(3), 300, mean=0.001)
    found = compared(returns, list(returns))
    for one in (found.sharpe, found.mean_return):
        assert one is not None
        assert (one.value, one.low, one.high, one.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_the_differences_are_those_of_the_figures_themselves() -> None:
    chance = seeded(4)
    a, b = normal(chance, 250, mean=0.001), normal(chance, 250, size=0.02)
    found = compared(a, b)
    assert found.sharpe is not None
    assert found.sharpe.value == pytest.approx(sharpe(a) - sharpe(b))
    assert found.mean_return.value == pytest.approx(statistics.fmean(a) - statistics.fmean(b))


def test_the_interval_lies_evenly_around_the_difference() -> None:
    chance = seeded(5)
    found = compared(normal(chance, 250), normal(chance, 250, mean=0.0005))
    for one in (found.sharpe, found.mean_return):
        assert one is not None
        assert one.low < one.value < one.high
        assert one.value - one.low == pytest.approx(one.high - one.value)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_clear_difference_is_not_chance(sign: float) -> None:
    chance = seeded(6)
    market = normal(chance, 500)
    a = [value + sign * 0.002 + noise for value, noise in zip(market, normal(chance, 500), strict=True)]
    found = compared(a, market, samples=1000)
    for one in (found.sharpe, found.mean_return):
        assert one is not None
        assert one.p_value < 0.01
        assert one.low * one.high > 0.0
        assert math.copysign(1.0, one.value) == sign


def test_no_p_value_is_smaller_than_the_resamples_can_tell() -> None:
    a = normal(seeded(6), 60)
    found = compared(a, [value - 0.5 for value in a], samples=199)
    assert found.mean_return.p_value == 1 / 200


def test_the_p_value_counts_the_resamples_that_differ_as_much_without_a_difference() -> None:
    """One bar in a hundred makes the whole difference: it is drawn k times with the chance of a binomial."""
    a = [0.0] * 99 + [1.0]
    found = compared(a, [0.0] * 100, samples=5000, block=1)
    # The mean deviates by as much unless that bar is drawn just once: 1 - 100 * 0.01 * 0.99**99.
    assert found.mean_return.p_value == pytest.approx(1 - math.pow(0.99, 99), abs=0.02)


def test_zero_lies_in_the_interval_exactly_when_the_p_value_is_above_a_twentieth() -> None:
    chance = seeded(7)
    verdicts = []
    for number in range(300):
        a = normal(chance, 20, mean=0.00003 * number)
        found = compared(a, normal(chance, 20), seed=number, samples=(100, 119, 120, 138)[number % 4])
        for one in (found.sharpe, found.mean_return):
            assert one is not None
            assert (one.low <= 0.0 <= one.high) == (one.p_value > 0.05)
            verdicts.append(one.p_value)
    # Enough of them close to the line, on both sides, for a line drawn elsewhere to show.
    assert sum(0.03 < p_value <= 0.05 for p_value in verdicts) > 10
    assert sum(0.05 < p_value < 0.07 for p_value in verdicts) > 10


def test_the_interval_covers_the_true_difference_about_95_times_in_a_hundred() -> None:
    chance = seeded(8)
    shared, own, gain, runs = 0.01, 0.006, 0.0005, 300
    true_sharpe = gain / math.hypot(shared, own) * math.sqrt(252)
    covered = {"sharpe": 0, "mean": 0}
    for number in range(runs):
        market = chance.normal(0.0, shared, 250)
        a = market + chance.normal(gain, own, 250)
        b = market + chance.normal(0.0, own, 250)
        found = compared(a.tolist(), b.tolist(), seed=number, samples=200)
        assert found.sharpe is not None
        covered["sharpe"] += found.sharpe.low <= true_sharpe <= found.sharpe.high
        covered["mean"] += found.mean_return.low <= gain <= found.mean_return.high
    # Of 300 runs at 94 %: three standard deviations of a binomial either way.
    assert all(0.90 <= count / runs <= 0.985 for count in covered.values()), covered


def test_what_moves_both_runs_alike_does_not_blur_their_difference() -> None:
    chance = seeded(9)
    market = normal(chance, 400, size=0.05)
    a = [value + noise for value, noise in zip(market, normal(chance, 400, size=0.001), strict=True)]
    paired = compared(a, market).mean_return
    shuffled = compared(a, market[200:] + market[:200]).mean_return
    assert (paired.high - paired.low) * 10 < shuffled.high - shuffled.low


def test_blocks_keep_what_links_one_bar_to_the_next() -> None:
    chance = seeded(10)
    a, value = [], 0.0
    for shock in normal(chance, 1000):
        value = 0.8 * value + shock
        a.append(value)
    b = [0.0] * 1000
    alone, in_blocks = (compared(a, b, block=block).mean_return for block in (1, 25))
    # The mean's standard error is sqrt((1 + 0.8) / (1 - 0.8)) = 3 times that of returns that nothing links.
    assert 2.0 < (in_blocks.high - in_blocks.low) / (alone.high - alone.low) < 3.5


@pytest.mark.parametrize("block", [1, 4, 20])
def test_blocks_have_the_mean_length_that_was_asked_for_and_run_on_around_the_end(block: int) -> None:
    rows, samples = 40, 300
    chance = seeded(11)
    drawn = [stationary_rows(chance, rows=rows, length=block).tolist() for _ in range(samples)]
    steps = [(earlier, later) for sample in drawn for earlier, later in pairwise(sample)]
    followed = sum((earlier + 1) % rows == later for earlier, later in steps) / len(steps)
    # A new block begins with a chance of 1 / block, and by chance (1 / rows) where the last one would go on.
    assert followed == pytest.approx(1 - 1 / block * (1 - 1 / rows), abs=0.015)
    around = sum(later == 0 for earlier, later in steps if earlier == rows - 1)
    assert block == 1 or around > 0
    every = np.bincount(np.concatenate(drawn), minlength=rows)
    assert min(every) > 0.6 * samples
    assert max(every) < 1.5 * samples


@pytest.mark.parametrize(("rows", "block"), [(20, 3), (27, 3), (28, 4), (64, 4), (1000, 10), (1001, 11)])
def test_blocks_are_as_long_as_the_cube_root_of_the_rows_rounded_up(rows: int, block: int) -> None:
    returns = normal(seeded(12), rows)
    found = compared(returns, returns[::-1], samples=100)
    assert (found.block, found.samples) == (block, 100)
    assert found == compared(returns, returns[::-1], samples=100, block=block)


def test_two_thousand_resamples_are_drawn_unless_told_otherwise() -> None:
    returns = normal(seeded(12), 30)
    found = paired_bootstrap(PairedReturns(returns, returns[::-1], 252), generator=seeded(1))
    assert found.samples == 2000


def test_the_same_seed_gives_the_same_answer_and_another_one_another() -> None:
    chance = seeded(13)
    a, b = normal(chance, 100), normal(chance, 100)
    assert compared(a, b, seed=5) == compared(a, b, seed=5)
    assert compared(a, b, seed=5) != compared(a, b, seed=6)


def test_the_bars_a_year_scale_the_sharpe_ratios_alone() -> None:
    chance = seeded(14)
    a, b = normal(chance, 100), normal(chance, 100)
    daily, hourly = (
        paired_bootstrap(PairedReturns(a, b, a_year), generator=seeded(1), samples=100)
        for a_year in (252, 1008)
    )
    assert daily.mean_return == hourly.mean_return
    assert daily.sharpe is not None
    assert hourly.sharpe is not None
    assert hourly.sharpe.value == pytest.approx(2 * daily.sharpe.value)
    assert hourly.sharpe.high == pytest.approx(2 * daily.sharpe.high)


@pytest.mark.parametrize("idle", [[0.0] * 50, [0.1] * 50])
def test_a_run_that_does_not_vary_has_no_sharpe_ratio_to_compare(idle: list[float]) -> None:
    busy = normal(seeded(15), 50)
    for a, b in ((idle, busy), (busy, idle), (idle, idle)):
        found = compared(a, b, samples=100)
        assert found.sharpe is None
        assert math.isfinite(found.mean_return.value)


def test_a_resample_that_misses_the_one_bar_that_varies_counts_as_nothing_earned() -> None:
    rarely = [0.0] * 399 + [0.01]
    found = compared(rarely, [0.01, -0.01] * 200, samples=200)
    assert found.sharpe is not None
    # Drawn four times instead of once, the bar adds 0.05 sqrt(252); a miss must not weigh more than that.
    assert 0.0 < found.sharpe.high - found.sharpe.value < 3.0


def test_refuses_returns_that_do_not_pair() -> None:
    with pytest.raises(InvalidValue, match="30 of A do not pair with 31 of B"):
        PairedReturns([0.0] * 30, [0.0] * 31, 252)


def test_refuses_too_few_returns() -> None:
    assert PairedReturns([0.0] * 20, [0.0] * 20, 252)
    with pytest.raises(InvalidValue, match="returns: 19 say nothing about chance: at least 20"):
        PairedReturns([0.0] * 19, [0.0] * 19, 252)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["A", "B"])
def test_refuses_a_return_that_is_not_finite_and_names_its_row(name: str, value: float) -> None:
    good, bad = [0.01] * 20, [0.01] * 6 + [value] + [0.01] * 13
    with pytest.raises(InvalidValue, match=f"returns: {name}, row 7: "):
        PairedReturns(*((bad, good) if name == "A" else (good, bad)), 252)


def test_refuses_a_year_without_bars() -> None:
    assert PairedReturns([0.0] * 20, [0.0] * 20, 1)
    with pytest.raises(InvalidValue, match="bars_a_year: must be at least 1, not 0"):
        PairedReturns([0.0] * 20, [0.0] * 20, 0)


@pytest.mark.parametrize("block", [0, 31, -1])
def test_refuses_blocks_that_the_returns_cannot_fill(block: int) -> None:
    returns = normal(seeded(17), 30)
    with pytest.raises(InvalidValue, match=rf"block: must be in \[1, 30\].*, not {block}"):
        compared(returns, returns, block=block)
    assert compared(returns, returns, block=30).block == 30


def test_refuses_too_few_resamples() -> None:
    returns = normal(seeded(17), 30)
    with pytest.raises(InvalidValue, match="samples: must be at least 100, not 99"):
        compared(returns, returns, samples=99)
