"""Backtests that are kept: what they are named by, what they see, and how they are made."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.app.research import research as research_module
from jax.app.research import wiring
from jax.app.research.backtest_run import BacktestOutcome, run_id_of
from jax.app.research.request_document import request_of
from jax.app.research.research import BacktestRequest, KeptBacktest
from jax.app.research.wiring import build_research, runs_in
from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.bundle import bundle_of
from jax.domain.errors import InvalidValue
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from jax.ports.errors import NotFound
from jax.ports.kernel_compiler import Kernel
from jax.ports.run_store import RunTable
from tests.integration.research.authored_artifacts import BARS, PARAMS, stock

REQUEST = BacktestRequest("ma_crossover_v1", symbols=("IBM",), params=PARAMS)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    asyncio.run(stock(folder))
    return folder


def kept(home: Path, request: BacktestRequest = REQUEST) -> KeptBacktest:
    return asyncio.run(build_research(home).keep_backtest(request))


def outcome(home: Path, **change: Any) -> BacktestOutcome:
    return kept(home, replace(REQUEST, **change)).outcome


def test_what_is_kept_is_what_came_out(home: Path) -> None:
    made = kept(home)
    store = runs_in(home)

    async def read() -> None:
        run = await store.get(made.outcome.run_id)
        assert request_of(run.request) == REQUEST
        assert (run.strategy, run.symbols, run.bars) == ("ma_crossover_v1", ("IBM",), 400)
        assert (run.first_end, run.last_end) == (BARS["IBM"][0].end, BARS["IBM"][-1].end)
        assert run.params == made.outcome.params
        assert run.metrics == made.outcome.evidence.metrics
        assert run.hashes == {
            "source bundle": made.outcome.source.bundle.sha256,
            "data manifest": made.outcome.manifest.sha256,
            "orders": made.outcome.evidence.orders_sha256,
        }
        result = made.outcome.result
        assert run.rows == {
            RunTable.EQUITY: len(result.equity),
            RunTable.ORDERS: len(result.orders),
            RunTable.TRADES: len(result.trades),
        }
        assert tuple(await store.orders(run.run_id)) == result.orders != ()
        assert tuple(await store.trades(run.run_id)) == result.trades != ()
        assert tuple(await store.equity(run.run_id)) == result.equity
        assert (datetime.now(UTC) - run.kept_at).total_seconds() < 600

    asyncio.run(read())
    assert Path(made.report_path).read_bytes() == made.outcome.report
    for told in (made.outcome.run_id, *made.outcome.hashes.values()):
        assert told.encode() in made.outcome.report


def test_a_run_for_the_gate_is_the_same_run(home: Path) -> None:
    run = asyncio.run(build_research(home).backtest(REQUEST))
    light = kept(home).outcome
    assert (run.run_id, run.result, run.report) == (light.run_id, light.result, light.report)
    assert run.golden_suite


def test_the_benchmark_is_compared_with_and_named_but_not_traded(home: Path) -> None:
    alone, beside = outcome(home), outcome(home, benchmark="AAPL")
    assert beside.result.orders == alone.result.orders
    assert beside.result.equity == alone.result.equity
    assert alone.result.benchmark == ()
    assert len(beside.result.benchmark) == len(beside.result.equity)
    first, last = BARS["AAPL"][0].close, BARS["AAPL"][-1].close
    assert float(beside.result.benchmark[-1]) == pytest.approx(float(100_000 * last / first), rel=1e-9)
    assert {"alpha", "beta"} <= beside.evidence.metrics.keys() - alone.evidence.metrics.keys()
    assert beside.run_id != alone.run_id
    assert beside.references.benchmark is not None
    manifest = beside.references.benchmark.manifest.sha256
    assert beside.hashes["benchmark manifest"] == manifest
    assert b"AAPL" in beside.report
    assert b"AAPL" not in alone.report


def test_the_market_is_seen_with_its_past_and_is_part_of_the_name(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[BacktestInputs] = []

    def listening(inputs: BacktestInputs, *rest: Any) -> Any:
        seen.append(inputs)
        return run_backtest(inputs, *rest)

    monkeypatch.setattr(research_module, "run_backtest", listening)
    window = {"data_from": BARS["IBM"][100].end, "data_to": BARS["IBM"][300].end}
    without, with_market = outcome(home, **window), outcome(home, **window, market="AAPL")
    assert without.run_id != with_market.run_id
    assert with_market.run_id != outcome(home, **window, benchmark="AAPL").run_id
    assert [inputs.market for inputs in seen] == [(), BARS["AAPL"][:301], ()]
    assert [inputs.benchmark for inputs in seen] == [(), (), BARS["AAPL"][:301]]
    assert with_market.references.market is not None
    assert with_market.hashes["market manifest"] == with_market.references.market.manifest.sha256


def test_other_bars_of_a_reference_make_another_run(tmp_path: Path, home: Path) -> None:
    other = tmp_path / "home"
    asyncio.run(stock(other, seed=1))
    store = ParquetMarketData(other / "market_data")
    (other / "market_data" / "1d" / "IBM.parquet").unlink()
    (other / "market_data" / "1d" / "IBM.parquet.sha256").unlink()
    asyncio.run(store.append(BARS["IBM"]))
    assert outcome(home).run_id == outcome(other).run_id
    for role in ("benchmark", "market"):
        assert outcome(home, **{role: "AAPL"}).run_id != outcome(other, **{role: "AAPL"}).run_id


@pytest.mark.parametrize("role", ["benchmark", "market"])
def test_a_reference_that_is_not_there_is_named(home: Path, role: str) -> None:
    with pytest.raises(NotFound, match=f"There are no bars of the {role} SPY; there are those of AAPL, IBM"):
        outcome(home, **{role: "SPY"})


def test_a_reference_without_bars_in_the_window_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    asyncio.run(stock(home))
    (home / "market_data" / "1d" / "AAPL.parquet").unlink()
    (home / "market_data" / "1d" / "AAPL.parquet.sha256").unlink()
    store = ParquetMarketData(home / "market_data")
    asyncio.run(store.append(BARS["AAPL"][:100]))
    assert outcome(home, data_from=BARS["IBM"][99].end, benchmark="AAPL").result.benchmark
    with pytest.raises(InvalidValue) as error:
        outcome(home, data_from=BARS["IBM"][100].end, benchmark="AAPL")
    assert error.value.field == "benchmark"
    assert error.value.problem.startswith(f"no bar of AAPL ends from {BARS['IBM'][100].end.isoformat()} to ")
    with pytest.raises(InvalidValue, match="market: no bar of AAPL ends from"):
        outcome(home, data_from=BARS["IBM"][100].end, market="AAPL")


class Listening:
    """Plain kernels that remember for whom they were asked."""

    def __init__(self) -> None:
        self.identities: list[str] = []
        self._plain = PlainKernels()

    def compiled(self, kernel: Kernel) -> Callable[..., Any]:
        self.identities.append(kernel.identity)
        return self._plain.compiled(kernel)


def _with_compiler(monkeypatch: pytest.MonkeyPatch, *, from_bars: int) -> Sequence[str]:
    compiler = Listening()
    monkeypatch.setattr(research_module, "COMPILED_FROM_BARS", from_bars)
    monkeypatch.setattr(wiring, "kernels_in", lambda home: compiler)
    return compiler.identities


def test_a_large_run_is_compiled_and_comes_out_the_same(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = outcome(home, symbols=())
    identities = _with_compiler(monkeypatch, from_bars=800)
    assert outcome(home, symbols=()) == plain
    source = plain.source
    assert any(f"{source.bundle.sha256} {source.entry}" in identity for identity in identities)


def test_a_small_run_asks_for_no_compiler(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identities = _with_compiler(monkeypatch, from_bars=801)
    outcome(home, symbols=())
    assert identities == []


def test_large_is_200000_bars_and_compiled_kernels_are_kept_in_the_home(home: Path) -> None:
    assert research_module.COMPILED_FROM_BARS == 200_000
    kernels = wiring.kernels_in(home)
    assert type(kernels).__name__ == "NumbaKernels"


def test_a_strategy_that_fails_on_the_bars_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(research_module, "run_backtest", broken)
    with pytest.raises(InvalidValue) as error:
        outcome(home)
    assert str(error.value) == (
        "strategy ma_crossover_v1: failed on these bars (ZeroDivisionError: float division by zero): "
        "mend it, or take other parameters"
    )


@pytest.mark.parametrize("error", [InvalidValue("bars", "AAPL, bar 3: wrong"), NotFound("none")])
def test_what_names_its_own_reason_is_left_as_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refusing(*_: object) -> None:
        raise error

    monkeypatch.setattr(research_module, "run_backtest", refusing)
    with pytest.raises(type(error)) as raised:
        outcome(home)
    assert raised.value is error


def test_other_code_and_another_entry_make_another_run(home: Path) -> None:
    made = outcome(home)
    source, result = made.source, made.result
    commented = [replace(file, source=file.source + "# a comment\n") for file in source.bundle.files]
    sources = (
        source,
        replace(source, bundle=bundle_of(commented)),
        replace(source, entry=source.entry + "_2"),
    )
    ids = [run_id_of(one, made.params, result.settings, made.manifest, made.references) for one in sources]
    assert ids[0] == made.run_id
    assert len(set(ids)) == 3


def test_settings_change_the_run(home: Path) -> None:
    all_in = outcome(home, settings=BacktestSettings(initial_cash=Decimal(5000), sizing=AllIn()))
    assert all_in.result.settings.sizing == AllIn()
    assert float(all_in.result.equity[0].equity) == 5000.0
    assert all_in.run_id != outcome(home).run_id
