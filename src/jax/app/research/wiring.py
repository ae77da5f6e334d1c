"""Builds research over the folder `home`: what runs, on one screen."""

from pathlib import Path

from jax.adapters.backtest_report.html_reporter import HtmlReporter
from jax.adapters.calendars.exchange_calendars_calendar import ExchangeCalendars
from jax.adapters.parquet.json_series_register import JsonSeriesRegister
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.adapters.parquet.result_frames import frames_of
from jax.adapters.parquet.run_files import RunFiles
from jax.adapters.sample_data.bokeh_sample_bars import BokehSampleBars
from jax.adapters.sample_data.csv_bars import CsvBars
from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.adapters.system.system_clock import SystemClock
from jax.app.research.research import Research, ResearchPorts
from jax.ports.kernel_compiler import KernelCompiler
from jax.ports.run_store import RunStore

__all__ = ["build_research", "frames_of", "kernels_in", "runs_in"]


def build_research(home: Path) -> Research:
    """Research that keeps its bars in `home`/market_data and its runs in `home`/runs."""
    return Research(
        ResearchPorts(
            samples=BokehSampleBars(),
            open_csv=lambda path, mic, currency: CsvBars(path, mic=mic, currency=currency),
            calendar=ExchangeCalendars(),
            bars=ParquetMarketData(home / "market_data"),
            register=JsonSeriesRegister(home / "market_data"),
            strategies=InstalledStrategies(),
            runs=runs_in(home),
            reporter=HtmlReporter(),
            kernels=lambda: kernels_in(home),
            clock=SystemClock(),
        )
    )


def runs_in(home: Path) -> RunStore:
    """The finished runs."""
    return RunFiles(home / "runs")


def kernels_in(home: Path) -> KernelCompiler:
    """What compiles, and keeps what it compiled in `home`/kernels."""
    # A second of imports, which a small run does without.
    from jax.adapters.compute.numba_kernels import NumbaKernels

    return NumbaKernels(home / "kernels")
