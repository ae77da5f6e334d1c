"""Two kept runs side by side, and whether they differ by more than chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from numpy.random import default_rng

from jax.domain.backtest_result import EquityPoint
from jax.domain.data_calendar import bars_a_year
from jax.domain.errors import InvalidValue
from jax.modules.backtest.paired_bootstrap import BootstrapComparison, PairedReturns, paired_bootstrap
from jax.ports.run_store import KeptRun, RunStore

# The resamples are the same on every machine and every day.
_SEED = 0


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A kept run with its account at the ends of bars, oldest first."""

    run: KeptRun
    equity: Sequence[EquityPoint]


@dataclass(frozen=True, slots=True)
class MetricPair:
    """A metric of both runs; None where it is not defined."""

    a: Decimal | None
    b: Decimal | None


@dataclass(frozen=True, slots=True)
class RunComparison:
    """`metrics` by name, in the order in which metrics are told.

    `common_bar_ends` is how many bar ends both runs have; `significance` is that of the difference of their
    returns from one of these to the next. When there is none, `problem` says why.
    """

    a: KeptRun
    b: KeptRun
    metrics: Mapping[str, MetricPair]
    common_bar_ends: int
    significance: BootstrapComparison | None
    problem: str | None


async def compare_kept(a: str, b: str, *, runs: RunStore) -> RunComparison:
    """How the kept run `a` differs from `b`; NotFound names the newest runs, Unavailable."""
    compared = [ComparedRun(await runs.get(run_id), await runs.equity(run_id)) for run_id in (a, b)]
    return compare_runs(*compared)


def compare_runs(a: ComparedRun, b: ComparedRun) -> RunComparison:
    """How `a` differs from `b`; equal runs give an equal answer."""
    ends = sorted({point.end for point in a.equity} & {point.end for point in b.equity})
    significance, problem = None, None
    try:
        returns = PairedReturns(
            a=_returns(a, set(ends)), b=_returns(b, set(ends)), bars_a_year=bars_a_year(ends) if ends else 1
        )
        significance = paired_bootstrap(returns, generator=default_rng(_SEED))
    except InvalidValue as error:
        problem = f"{len(ends)} bar ends are common to both runs: {error.problem}"
    names = dict.fromkeys((*a.run.metrics, *b.run.metrics))
    return RunComparison(
        a=a.run,
        b=b.run,
        metrics={name: MetricPair(a.run.metrics.get(name), b.run.metrics.get(name)) for name in names},
        common_bar_ends=len(ends),
        significance=significance,
        problem=problem,
    )


def _returns(compared: ComparedRun, ends: set[object]) -> list[float]:
    """Simple returns from each of `ends` to the next; 0 where the equity before is not above zero."""
    worth = [float(point.equity) for point in compared.equity if point.end in ends]
    return [(later - earlier) / earlier if earlier > 0.0 else 0.0 for earlier, later in pairwise(worth)]
