"""What jax-research does, over ports only."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.app.research.bar_window import BarWindow, WantedBars, read_window
from jax.app.research.rerun import rerun_backtest
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.backtest_result import BacktestResult
from jax.domain.backtest_settings import BacktestSettings, settings_document
from jax.domain.bundle import Bundle
from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.decimal_text import plain
from jax.domain.derived_id import derived_id
from jax.domain.errors import InvalidValue
from jax.domain.golden_suite import record_golden_suite
from jax.domain.instrument import Instrument
from jax.domain.rerun import Rerun
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import BundleRefused, load_strategy
from jax.modules.artifacts.verify_artifact import strategy_params
from jax.modules.backtest.data_manifest import DataManifest
from jax.modules.backtest.evidence import evidence_of
from jax.modules.backtest.run_backtest import ENGINE_VERSION, BacktestInputs, run_backtest
from jax.modules.market_data.import_bars import ImportBars
from jax.modules.market_data.import_report import ImportReport
from jax.ports.backtest_report import BacktestReporter, ReportContent, ReportSeries
from jax.ports.bar_source import BarSource
from jax.ports.market_data import MarketData
from jax.ports.object_store import ObjectStore
from jax.ports.series_register import SeriesRegister
from jax.ports.session_calendar import SessionCalendar
from jax.ports.strategy_catalog import StrategyCatalog, StrategySource

FIRST_SESSION = date(2000, 1, 1)

ImportProgress = Callable[[int], object]
BacktestProgress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class ResearchPorts:
    """What research needs from the world; `open_csv` makes a source of (path, mic, currency)."""

    samples: BarSource
    open_csv: Callable[[Path, str, str], BarSource]
    calendar: SessionCalendar
    bars: MarketData
    register: SeriesRegister
    strategies: StrategyCatalog
    objects: ObjectStore
    reporter: BacktestReporter


@dataclass(frozen=True, slots=True)
class ReferenceRows:
    """Instruments of every series, and the sessions and holidays of their exchanges."""

    instruments: tuple[Instrument, ...]
    sessions: tuple[ExchangeSession, ...]
    holidays: tuple[ExchangeHoliday, ...]


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """A strategy by name on the bars that end within [`data_from`, `data_to`] (UTC; None is open).

    `symbols` empty means every series with bars in the window; `params` replace the strategy's defaults.
    """

    strategy: str
    data_from: datetime | None = None
    data_to: datetime | None = None
    symbols: tuple[str, ...] = ()
    params: Mapping[str, int | Decimal] = field(default_factory=dict)
    settings: BacktestSettings = field(default_factory=BacktestSettings)


@dataclass(frozen=True, slots=True)
class BacktestRun:
    """A finished run; `run_id` follows from everything that went in, so a repeat has the same.

    `golden_suite` is encoded: what the strategy decided on a few windows of these bars.
    """

    run_id: str
    source: StrategySource
    params: Mapping[str, int | Decimal]
    manifest: DataManifest
    result: BacktestResult
    evidence: BacktestEvidence
    golden_suite: bytes
    report: bytes


class Research:
    """The use cases of research."""

    def __init__(self, ports: ResearchPorts) -> None:
        self._ports = ports

    async def import_bars(
        self, progress: ImportProgress | None = None, *, skip_bad_rows: bool = False
    ) -> ImportReport:
        """Imports the sample series; `progress` hears the rows read so far, from another thread."""
        return await self._import(self._ports.samples, progress, skip_bad_rows=skip_bad_rows)

    async def import_csv(
        self,
        path: Path,
        *,
        mic: str,
        currency: str,
        skip_bad_rows: bool = False,
        progress: ImportProgress | None = None,
    ) -> ImportReport:
        """Imports the file `path`, whose symbols are listed at `mic` and traded in `currency`."""
        source = self._ports.open_csv(path, mic, currency)
        return await self._import(source, progress, skip_bad_rows=skip_bad_rows)

    def strategies(self) -> Sequence[str]:
        """The names of the installed strategies."""
        return self._ports.strategies.names()

    async def reference_rows(self, until: date) -> ReferenceRows:
        """What the trader reads of exchanges: from 2000-01-01 to one year after `until`."""
        series = await self._ports.register.all()
        instruments = {found.symbol: found for found in self._ports.samples.instruments()}
        instruments.update((symbol, found.instrument) for symbol, found in series.items())
        mics = sorted({instrument.mic for instrument in instruments.values()})
        # The calendar's package takes a second to import.
        sessions, holidays = await asyncio.to_thread(self._exchange_days, mics, until + timedelta(days=366))
        return ReferenceRows(tuple(instruments[symbol] for symbol in sorted(instruments)), sessions, holidays)

    async def backtest(
        self, request: BacktestRequest, progress: BacktestProgress | None = None
    ) -> BacktestRun:
        """Runs the strategy's very sources as they will trade, and renders the report.

        `progress` hears (bar ends done, all), from another thread. NotFound for an unknown strategy or
        symbol; InvalidValue for parameters, a window without bars, a strategy that may not run.
        """
        source = self._ports.strategies.source(request.strategy)
        strategy = _loaded(source)
        params: dict[str, int | Decimal] = {**_numbers(strategy.params), **request.params}
        inputs_params = strategy_params(strategy, params)
        window = await self._window(
            WantedBars(data_from=request.data_from, data_to=request.data_to, symbols=request.symbols)
        )
        inputs = BacktestInputs(
            strategy=strategy,
            params=inputs_params,
            bars=window.bars,
            instruments=window.instruments,
            settings=request.settings,
        )
        result = await asyncio.to_thread(run_backtest, inputs, progress)
        golden_suite = await asyncio.to_thread(record_golden_suite, strategy, inputs_params, window.bars)
        run_id = _run_id(source, params, request.settings, window.manifest)
        run = BacktestRun(
            run_id=run_id,
            source=source,
            params=params,
            manifest=window.manifest,
            result=result,
            evidence=evidence_of(result, run_id=run_id),
            golden_suite=golden_suite.encoded(),
            report=b"",
        )
        currency = next(iter(window.instruments.values())).currency
        return replace(run, report=await asyncio.to_thread(self._render, run, currency))

    async def rerun_window(self, payload: ArtifactPayload) -> BarWindow:
        """The bars that `payload` says it was tested on, as they are in this home's own store.

        NotFound or InvalidValue when there are none of a symbol; whether they are the same is for the
        manifest's hash to say.
        """
        return await self._window(
            WantedBars(data_from=payload.data_from, data_to=payload.data_to, symbols=payload.symbols)
        )

    async def rerun(
        self,
        payload: ArtifactPayload,
        bundle: Bundle,
        golden_suite: bytes,
        progress: BacktestProgress | None = None,
    ) -> Rerun:
        """The payload's backtest once more, from the bundle's bytes and this home's own bars alone.

        `domain.rerun.differences` says where it is not what the payload promises. A validator wants it in
        another process: `rerun_in_another_process`. Errors as in rerun_window and rerun_backtest.
        """
        window = await self.rerun_window(payload)
        return await asyncio.to_thread(rerun_backtest, payload, bundle, golden_suite, window, progress)

    async def keep_report(self, run: BacktestRun) -> str:
        """Puts the report into the object store and returns where a person finds it."""
        key = f"reports/{sha256_of(run.report).removeprefix('sha256:')}.html"
        await self._ports.objects.put(key, run.report)
        return self._ports.objects.location(key)

    async def _import(
        self, source: BarSource, progress: ImportProgress | None, *, skip_bad_rows: bool
    ) -> ImportReport:
        use_case = ImportBars(
            source=source,
            calendar=self._ports.calendar,
            store=self._ports.bars,
            register=self._ports.register,
        )
        return await use_case.run(skip_bad_rows=skip_bad_rows, progress=progress)

    def _exchange_days(
        self, mics: Sequence[str], last: date
    ) -> tuple[tuple[ExchangeSession, ...], tuple[ExchangeHoliday, ...]]:
        sessions: list[ExchangeSession] = []
        holidays: list[ExchangeHoliday] = []
        for mic in mics:
            open_days, closed_days = self._ports.calendar.sessions(mic, first=FIRST_SESSION, last=last)
            sessions.extend(open_days)
            holidays.extend(closed_days)
        return tuple(sessions), tuple(holidays)

    async def _window(self, wanted: WantedBars) -> BarWindow:
        return await read_window(wanted, store=self._ports.bars, register=self._ports.register)

    def _render(self, run: BacktestRun, currency: str) -> bytes:
        content = ReportContent(
            strategy=run.source.name,
            run_id=run.run_id,
            engine_version=ENGINE_VERSION,
            vendor=run.manifest.vendor,
            currency=currency,
            params=run.params,
            series=tuple(
                ReportSeries(entry.symbol, entry.bars, entry.first_end, entry.last_end)
                for entry in run.manifest.series
            ),
            hashes={
                "source bundle": run.source.bundle.sha256,
                "orders": run.evidence.orders_sha256,
                "data manifest": run.manifest.sha256,
            },
            result=run.result,
        )
        return self._ports.reporter.render(content)


def _loaded(source: StrategySource) -> Strategy:
    try:
        strategy = load_strategy(source.bundle, source.entry)
    except BundleRefused as error:
        raise InvalidValue(f"strategy {source.name}", str(error)) from error
    if strategy.name != source.name:
        raise InvalidValue(
            f"strategy {source.name}", f"calls itself {strategy.name}: register it under that name"
        )
    return strategy


def _numbers(params: Any) -> dict[str, int | Decimal]:
    """A parameter tuple by name, its floats as the shortest Decimals that give them back."""
    return {
        name: value if isinstance(value, int) else Decimal(repr(value))
        for name, value in params._asdict().items()
    }


def _run_id(
    source: StrategySource,
    params: Mapping[str, int | Decimal],
    settings: BacktestSettings,
    manifest: DataManifest,
) -> str:
    spelled = canonical_bytes(
        {
            "params": {name: plain(Decimal(value)) for name, value in params.items()},
            "settings": settings_document(settings),
        }
    )
    return derived_id(
        "bt", ENGINE_VERSION, source.entry, source.bundle.sha256, spelled.decode(), manifest.sha256
    )
