"""A real sweep gives the same bytes from threads, processes and a cluster, compiled or not."""

import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jax.adapters.compute.dask_workers import DaskWorkers
from jax.adapters.compute.process_workers import ProcessWorkers
from jax.adapters.compute.thread_workers import ThreadWorkers
from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.app.research.sweep_wiring import compiling_in, run_part
from jax.app.research.sweep_work import SweepJob, SweepPart, SweepWindow, SweepWork
from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.modules.backtest.kernel.statistics import RunStatistics
from jax.modules.backtest.own_accounts import OwnAccounts, statistics_by_symbol
from jax.modules.backtest.panel_window import one_symbol, whole_window
from jax.modules.backtest.set_runner import ColumnBudget, SetRunner, SetStatistics, even_bounds
from jax.modules.backtest.sweep import SweptSets, together
from jax.ports.compute_workers import ComputeWorkers, TaskFailed
from tests.compute_cluster import cluster_of_two
from tests.integration.backtest.wavy_bars import wavy_panel

BARS = 3_000
SETS = [(fast, slow) for fast in range(2, 12) for slow in range(15, 55, 5)]
SOURCE = InstalledStrategies().source("sma_crossover_v1")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with cluster_of_two() as client:
        yield client


def job(kernel_folder: Path, symbols: int = 1) -> SweepJob:
    panel = wavy_panel(symbols, BARS, seed=13)
    whole = SweepWindow((0, BARS), even_bounds(BARS))
    late = SweepWindow((1_200, 2_500), np.array([0, 1_300], dtype=np.int64))
    return SweepJob(
        bundle=SOURCE.bundle,
        entry=SOURCE.entry,
        is_compiled=True,
        kernel_folder=kernel_folder,
        settings=BacktestSettings(sizing=AllIn()),
        panel=panel,
        windows=(whole, late),
        budget=ColumnBudget(),
    )


def swept(of: SweepJob, workers: ComputeWorkers, *, size: int, window: int = 0) -> SweptSets:
    parts = [tuple(SETS[start : start + size]) for start in range(0, len(SETS), size)]
    tasks = [SweepPart(window, part) for part in parts]
    answers = list(workers.run(run_part, SweepWork(of), tasks))
    return together(parts, answers, bounds=of.windows[window].bounds)


def same(first: SweptSets, second: SweptSets) -> None:
    assert first.found.statistics.tobytes() == second.found.statistics.tobytes()
    assert first.found.blocks.tobytes() == second.found.blocks.tobytes()


@pytest.mark.parametrize("window", [0, 1])
def test_any_number_of_threads_gives_the_same_bytes_in_any_parts(kernel_folder: Path, window: int) -> None:
    asked = job(kernel_folder)
    expected = swept(asked, ThreadWorkers(1), size=len(SETS), window=window)
    trades = expected.found.statistics[:, RunStatistics._fields.index("trades")]
    assert trades.min() > 10
    assert len(np.unique(expected.found.statistics, axis=0)) == len(SETS)
    same(expected, swept(asked, ThreadWorkers(2), size=7, window=window))
    same(expected, swept(replace(asked, budget=ColumnBudget(0, 3)), ThreadWorkers(3), size=1, window=window))


def test_processes_and_a_cluster_give_the_same_bytes_and_compile_nothing_again(
    kernel_folder: Path, cluster: Any
) -> None:
    asked = job(kernel_folder)
    expected = swept(asked, ThreadWorkers(1), size=len(SETS))
    compiled = {path: path.stat().st_mtime_ns for path in kernel_folder.rglob("*.nb?")}
    assert compiled
    same(expected, swept(asked, ProcessWorkers(2), size=20))
    same(expected, swept(asked, DaskWorkers(cluster), size=33))
    assert {path: path.stat().st_mtime_ns for path in kernel_folder.rglob("*.nb?")} == compiled


def test_plain_and_compiled_sweeps_give_the_same_bytes(kernel_folder: Path) -> None:
    compiled = replace(job(kernel_folder), windows=(SweepWindow((300, 700), even_bounds(400)),))
    plain = replace(compiled, is_compiled=False, kernel_folder=kernel_folder / "not used")
    few = [SETS[0], SETS[33], SETS[-1]]
    found = [
        dict(ThreadWorkers(1).run(run_part, SweepWork(of), [SweepPart(0, tuple(few))]))[0]
        for of in (compiled, plain)
    ]
    assert found[0].statistics.tobytes() == found[1].statistics.tobytes()
    assert found[0].blocks.tobytes() == found[1].blocks.tobytes()
    assert not (kernel_folder / "not used").exists()


def test_many_symbols_share_an_account_in_any_number_of_threads(kernel_folder: Path) -> None:
    asked = replace(job(kernel_folder, symbols=3), windows=(SweepWindow((500, 900), even_bounds(400)),))
    few = SETS[::9]
    found: list[SetStatistics] = []
    for workers, size in ((ThreadWorkers(1), len(few)), (ThreadWorkers(3), 1), (ThreadWorkers(2), 4)):
        parts = [tuple(few[start : start + size]) for start in range(0, len(few), size)]
        answers = list(workers.run(run_part, SweepWork(asked), [SweepPart(0, part) for part in parts]))
        found.append(together(parts, answers, bounds=asked.windows[0].bounds).found)
    for other in found[1:]:
        assert other.statistics.tobytes() == found[0].statistics.tobytes()
        assert other.blocks.tobytes() == found[0].blocks.tobytes()


def test_accounts_by_symbol_have_the_same_bytes_in_any_number_of_threads(kernel_folder: Path) -> None:
    panel = wavy_panel(7, 300, seed=3)
    work = SweepWork(job(kernel_folder))
    kernels = work.kernels(compiling_in(kernel_folder))
    params = kernels.strategy.params
    accounts = OwnAccounts(kernels, work.job.settings, panel, params)
    expected = [
        SetRunner(
            kernels,
            work.job.settings,
            whole_window(one_symbol(panel, number)),
            bounds=np.array([0, 300 - 7 * number]),
        )
        .run([params])
        .statistics
        for number in range(7)
    ]
    for threads in (1, 2, 3):
        found = statistics_by_symbol(accounts, ThreadWorkers(threads))
        assert found.tobytes() == np.concatenate(expected).tobytes()


def test_a_worker_elsewhere_compiles_into_its_own_home(
    kernel_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kernels").symlink_to(kernel_folder)
    monkeypatch.setenv("JAX_HOME", str(tmp_path))
    asked = replace(job(kernel_folder), kernel_folder=None)
    expected = swept(job(kernel_folder), ThreadWorkers(1), size=len(SETS))
    same(expected, swept(asked, ThreadWorkers(1), size=len(SETS)))
    monkeypatch.setenv("JAX_HOME", str(tmp_path / "kernels" / ".lock"))
    with pytest.raises(TaskFailed, match=r"task 0 failed: InvalidValue: JAX_HOME: .* cannot be used"):
        swept(asked, ThreadWorkers(1), size=len(SETS))


def test_only_the_job_is_sent(kernel_folder: Path) -> None:
    work = SweepWork(job(kernel_folder))
    before = len(pickle.dumps(work))
    dict(ThreadWorkers(1).run(run_part, work, [SweepPart(0, tuple(SETS[:2]))]))
    assert len(pickle.dumps(work)) == before


def test_arrays_that_arrive_read_only_are_made_writable(kernel_folder: Path) -> None:
    asked = job(kernel_folder)
    for array in (*asked.panel.arrays.columns, asked.panel.first, asked.windows[0].bounds):
        array.flags.writeable = False
    make, arguments = SweepWork(asked).__reduce__()
    received = make(*arguments).job
    for array in (
        *received.panel.arrays.columns,
        *received.panel.arrays[1:],
        received.panel.first,
        received.panel.ends,
        *(window.bounds for window in received.windows),
    ):
        assert array.flags.writeable
    same(
        swept(received, ThreadWorkers(1), size=len(SETS)),
        swept(job(kernel_folder), ThreadWorkers(1), size=len(SETS)),
    )
