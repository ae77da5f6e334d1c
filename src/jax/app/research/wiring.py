"""Builds research over the folder `home`: what runs, on one screen."""

from pathlib import Path

from jax.adapters.backtest_report.html_reporter import HtmlReporter
from jax.adapters.calendars.exchange_calendars_calendar import ExchangeCalendars
from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.parquet.json_series_register import JsonSeriesRegister
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.adapters.sample_data.bokeh_sample_bars import BokehSampleBars
from jax.adapters.sample_data.csv_bars import CsvBars
from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.app.research.research import Research, ResearchPorts

__all__ = ["build_research"]


def build_research(home: Path) -> Research:
    """Research that keeps its bars in `home`/market_data and its objects in `home`/objects."""
    return Research(
        ResearchPorts(
            samples=BokehSampleBars(),
            open_csv=lambda path, mic, currency: CsvBars(path, mic=mic, currency=currency),
            calendar=ExchangeCalendars(),
            bars=ParquetMarketData(home / "market_data"),
            register=JsonSeriesRegister(home / "market_data"),
            strategies=InstalledStrategies(),
            objects=LocalObjectStore(home / "objects"),
            reporter=HtmlReporter(),
        )
    )
