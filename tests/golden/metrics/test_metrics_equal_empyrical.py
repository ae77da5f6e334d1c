"""Our metrics of the committed series are those that empyrical-reloaded was recorded with."""

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest

from jax.domain.backtest_result import EquityPoint
from jax.domain.data_calendar import bars_a_year
from jax.modules.backtest.measure import figures_of_curve
from jax.modules.backtest.metrics_of_statistics import Figures
from tests.golden.metrics.series import BARS_A_YEAR, FIGURES, INITIAL, digest, read
from tests.golden.metrics.write_series import written

RECORDED: Mapping[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8"))
# Of a single return empyrical says no volatility, where a run of one bar of ours has one of zero.
NO_VOLATILITY = {"one_point": {"volatility": 0.0}}


def our_figures(name: str) -> Figures:
    series = read(name)
    curve = [
        EquityPoint(end, equity, equity * 0, 0)
        for end, equity in zip(series.ends, series.equities, strict=True)
    ]
    return figures_of_curve(curve, [], [], initial=INITIAL, benchmark=series.benchmark)


@pytest.mark.parametrize("name", BARS_A_YEAR)
def test_every_figure_that_empyrical_has_is_ours_too(name: str) -> None:
    recorded = RECORDED["series"][name]
    assert recorded["sha256"] == digest(name), "the series changed: run record_empyrical.py again"
    ours = our_figures(name)
    expected = {**recorded["figures"], **NO_VOLATILITY.get(name, {})}
    different = {
        metric: (ours[metric], value) for metric, value in expected.items() if not _same(ours[metric], value)
    }
    assert not different


@pytest.mark.parametrize("name", BARS_A_YEAR)
def test_the_calendar_told_from_the_ends_is_what_empyrical_was_told(name: str) -> None:
    assert bars_a_year(read(name).ends) == RECORDED["series"][name]["bars_a_year"]


def test_the_record_is_of_the_pinned_version_and_of_every_series() -> None:
    assert RECORDED["versions"]["empyrical-reloaded"] == "0.7.1"
    assert set(RECORDED["series"]) == set(BARS_A_YEAR)


@pytest.mark.parametrize("name", BARS_A_YEAR)
def test_the_series_are_what_their_generator_writes(name: str) -> None:
    assert (FIGURES.parent / f"{name}.csv").read_text(encoding="utf-8") == written(name)


def test_the_series_ask_for_every_figure_both_defined_and_not() -> None:
    said = [one["figures"] for one in RECORDED["series"].values()]
    for metric in ("volatility", "sharpe", "sortino", "calmar", "alpha", "beta"):
        assert any(one[metric] is None for one in said), metric
        assert sum(one[metric] is not None and abs(one[metric]) > 1e-3 for one in said) >= 4, metric


def _same(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=0.0)
