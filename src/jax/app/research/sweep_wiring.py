"""Builds sweeps over the folder `home`, and what their workers run: the same files, wherever they are."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.compute.compile_turn import compile_turn
from jax.adapters.compute.process_workers import ProcessWorkers
from jax.adapters.compute.thread_workers import ThreadWorkers
from jax.adapters.parquet.json_series_register import JsonSeriesRegister
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.adapters.parquet.sweep_file import SweepFiles
from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.adapters.system.system_clock import SystemClock
from jax.app.home import home_folder
from jax.app.research.sweep_run import Crew, SweepPorts, Sweeps
from jax.app.research.sweep_work import Compiling, SweepPart, SweepWork
from jax.modules.backtest.set_runner import SetStatistics
from jax.ports.errors import Unavailable
from jax.ports.kernel_compiler import KernelCompiler
from jax.ports.sweep_store import SweepStore

_KERNELS = "kernels"


@dataclass(frozen=True, slots=True)
class WorkerChoice:
    """Threads or processes of this machine, or the cluster at that address; at most one of them."""

    threads: int | None = None
    processes: int | None = None
    cluster: str | None = None


def build_sweeps(home: Path) -> Sweeps:
    """Sweeps over the bars in `home`, kept in `home`/sweeps, compiled into `home`/kernels."""
    return Sweeps(
        SweepPorts(
            strategies=InstalledStrategies(),
            bars=ParquetMarketData(home / "market_data"),
            register=JsonSeriesRegister(home / "market_data"),
            sweeps=sweeps_in(home),
            clock=SystemClock(),
            run_part=run_part,
            compiling=compiling_in(home / _KERNELS),
            kernel_folder=home / _KERNELS,
        )
    )


def sweeps_in(home: Path) -> SweepStore:
    """The finished sweeps."""
    return SweepFiles(home / "sweeps")


def run_part(work: SweepWork, part: SweepPart) -> SetStatistics:
    """What every worker runs; one of another machine compiles into its own home."""
    return work.run(part, compiling_in(work.job.kernel_folder or home_folder() / _KERNELS))


def compiling_in(folder: Path) -> Compiling:
    """Compiling into `folder`."""
    return Compiling(kernels=lambda: _kernels(folder), turn=lambda: compile_turn(folder))


@contextmanager
def crew_of(choice: WorkerChoice) -> Iterator[Crew]:
    """The workers; by default as many threads as this process may use cores. InvalidValue, Unavailable."""
    if choice.cluster is not None:
        with _cluster(choice.cluster) as crew:
            yield crew
    elif choice.processes is not None:
        yield Crew(ProcessWorkers(choice.processes))
    else:
        yield Crew(ThreadWorkers(choice.threads or len(os.sched_getaffinity(0))))


@contextmanager
def _cluster(address: str) -> Iterator[Crew]:
    try:
        from jax.adapters.compute.dask_workers import dask_workers
    except ImportError as error:
        raise Unavailable(
            f"A cluster needs dask.distributed ({error}): install jax-trading-assistant[cluster]"
        ) from error
    with dask_workers(address) as workers:
        yield Crew(workers, share_home=False)


def _kernels(folder: Path) -> KernelCompiler:
    # A second of imports, which a small sweep does without.
    from jax.adapters.compute.numba_kernels import NumbaKernels

    return NumbaKernels(folder)
