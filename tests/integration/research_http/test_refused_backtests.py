"""Backtests that cannot be: refused at once, or failed when they run, naming the field and the remedy."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.parquet.bar_encoding import encoded
from jax.adapters.parquet.checked_file import CheckedFile
from jax.domain.bar import Bar
from tests.integration.research.authored_artifacts import BARS, stock
from tests.integration.research_http.asked_backtests import ASKED, failed
from tests.integration.research_http.desk_server import Page, problem

_REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"strategy": "sma_crosover_v1"},
        "INVALID_VALUE",
        "strategy",
        "No strategy 'sma_crosover_v1' is installed; did you mean sma_crossover_v1",
    ),
    ({"symbols": ["TSLA"]}, "INVALID_VALUE", "symbols", "there are no bars of TSLA; there are those of"),
    ({"benchmark": "SPY"}, "INVALID_VALUE", "benchmark", "there are no bars of SPY"),
    ({"market": "SPY"}, "INVALID_VALUE", "market", "there are no bars of SPY"),
    (
        {"from": "2021-02-01", "to": "2021-01-01"},
        "INVALID_VALUE",
        "from",
        "2021-02-01 comes after 2021-01-01",
    ),
    (
        {"settings": {"initial_cash": "0"}},
        "INVALID_VALUE",
        "settings.initial_cash",
        "must be above zero, not 0",
    ),
    (
        {"settings": {"participation_fraction": "2"}},
        "INVALID_VALUE",
        "settings.participation_fraction",
        "must be above 0 and at most 1, not 2",
    ),
    (
        {"settings": {"costs": {"commission_bps": "1001"}}},
        "INVALID_VALUE",
        "settings.costs.commission_bps",
        "must be at most 1000",
    ),
    (
        {"settings": {"costs": {"slippage": "linear"}}},
        "INVALID_VALUE",
        "settings.costs.slippage_bps",
        "0 does not go with slippage 'linear'",
    ),
    (
        {"settings": {"sizing": {"max_position_value_fraction": "1.5"}}},
        "INVALID_VALUE",
        "settings.sizing.max_position_value_fraction",
        "must be above 0 and at most 1",
    ),
    (
        {"settings": {"max_open_positions": 0}},
        "INVALID_VALUE",
        "settings.max_open_positions",
        "must be at least 1, not 0",
    ),
    (
        {"settings": {"initial_cash": "NaN"}},
        "INVALID_REQUEST",
        "settings.initial_cash",
        "must be a decimal number as a string",
    ),
    ({"settings": {"cash": "1"}}, "INVALID_REQUEST", "settings.cash", "Extra inputs are not permitted"),
    ({"params": {"fast": 2.5}}, "INVALID_REQUEST", "params.fast", ""),
    ({"params": {"fast": 2**60}}, "INVALID_REQUEST", "params.fast", ""),
    ({"from": "soon"}, "INVALID_REQUEST", "from", "valid date"),
    ({"strategy": "../secret"}, "INVALID_REQUEST", "strategy", "is not a name"),
]


async def test_what_cannot_be_is_refused_at_once_naming_the_field(page: Page, home: Path) -> None:
    await stock(home)
    for change, code, field, said in _REFUSED:
        response = await page.post("/backtest", {**ASKED, **change})
        status, told_code, detail = problem(response)
        assert (status, told_code) == (422, code), detail
        first = response.json()["fields"][0]
        assert first["field"].startswith(field), change
        assert said in first["problem"], change
        assert said in detail, change
    assert (await page.found("/backtest/runs"))["runs"] == []


async def test_what_shows_only_when_it_runs_fails_the_run_naming_the_field(page: Page, home: Path) -> None:
    await stock(home)
    _store_unchecked(home, "AAPL", [BARS["AAPL"][1], BARS["AAPL"][0], *BARS["AAPL"][2:]])
    _store_unchecked(home, "IBM", [*BARS["IBM"][:5], replace(BARS["IBM"][4]), *BARS["IBM"][5:]])
    changes: tuple[dict[str, Any], ...] = (
        {"symbols": ["AAPL"]},
        {"symbols": ["IBM"]},
        {"params": {"fast": 60, "slow": 12}},
        {"params": {"fast": 5, "slower": 12}},
        {"params": {"fast": "5.5"}},
        {"from": "2050-01-01"},
    )
    told = [await failed(page, **change) for change in changes]
    assert [(found["code"], found["field"]) for found in told] == [
        ("INVALID_VALUE", "bars"),
        ("INVALID_VALUE", "bars"),
        ("INVALID_VALUE", "params"),
        ("INVALID_VALUE", "params"),
        ("INVALID_VALUE", "params"),
        ("INVALID_VALUE", "window"),
    ]
    unsorted, double, order, unknown, fraction, window = (found["detail"] for found in told)
    assert "AAPL, bar 2: starts" in unsorted
    assert "IBM, bar 6: starts" in double
    assert "bars must be sorted, each once" in double
    assert order == "params: sma_crossover_v1 needs fast < slow, not 60, 12"
    assert unknown == "params: sma_crossover_v1 takes no 'slower', only fast, slow"
    assert fraction.startswith("params: fast must be a whole number")
    assert window == "window: no bar of IBM ends within it"


def _store_unchecked(home: Path, symbol: str, bars: list[Bar]) -> None:
    """What another program may have written into the store."""
    file = CheckedFile(home / "market_data" / "1d" / f"{symbol}.parquet")
    assert file.read() is not None
    file.stage(encoded(bars))
    file.commit()


async def test_a_run_that_breaks_is_our_fault_and_shows_no_trace_of_itself(
    page: Page, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stock(home)

    async def broken(*_: object) -> str:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("jax.app.research.desk.backtests.keep_in_another_process", broken)
    assert await failed(page) == {
        "code": "INTERNAL_ERROR",
        "field": None,
        "detail": "jax-research failed on this run; its log says why",
    }
