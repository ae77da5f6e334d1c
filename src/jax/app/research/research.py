"""What jax-research does, over ports only."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from jax.app.research.backtest_run import (
    BacktestOutcome,
    BacktestRequest,
    BacktestRun,
    References,
    report_of,
    run_id_of,
)
from jax.app.research.bar_window import (
    BarWindow,
    ReferenceSeries,
    WantedBars,
    read_reference,
    read_window,
)
from jax.app.research.named_strategy import check_known, chosen_params, named_strategy, params_tuple
from jax.app.research.request_document import kept_run_of
from jax.app.research.rerun import rerun_backtest
from jax.app.research.strategy_facts import StrategyFacts, strategy_facts
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.backtest_result import BacktestResult
from jax.domain.bundle import Bundle
from jax.domain.errors import InvalidValue
from jax.domain.golden_suite import record_golden_suite
from jax.domain.instrument import Instrument
from jax.domain.rerun import Rerun
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.domain.strategy import Strategy
from jax.modules.backtest.evidence import evidence_of
from jax.modules.backtest.run_backtest import BacktestInputs, CompiledStrategy, run_backtest
from jax.modules.market_data.import_bars import ImportBars
from jax.modules.market_data.import_report import ImportReport
from jax.ports.backtest_report import BacktestReporter
from jax.ports.bar_source import BarSource
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError
from jax.ports.kernel_compiler import KernelCompiler
from jax.ports.market_data import MarketData
from jax.ports.run_store import RunStore
from jax.ports.series_register import SeriesRegister
from jax.ports.session_calendar import SessionCalendar
from jax.ports.strategy_catalog import StrategyCatalog, StrategySource

__all__ = [
    "BacktestProgress",
    "BacktestRequest",
    "BacktestRun",
    "ImportProgress",
    "KeptBacktest",
    "ReferenceRows",
    "Research",
    "ResearchPorts",
]

FIRST_SESSION = date(2000, 1, 1)
# From so many bars on, of all symbols together, compiling pays for itself.
COMPILED_FROM_BARS = 200_000

ImportProgress = Callable[[int], object]
BacktestProgress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class ResearchPorts:
    """What research needs from the world; `open_csv` makes a source of (path, mic, currency).

    `kernels` is asked for its compiler when there is something to compile.
    """

    samples: BarSource
    open_csv: Callable[[Path, str, str], BarSource]
    calendar: SessionCalendar
    bars: MarketData
    register: SeriesRegister
    strategies: StrategyCatalog
    runs: RunStore
    reporter: BacktestReporter
    kernels: Callable[[], KernelCompiler]
    clock: Clock


@dataclass(frozen=True, slots=True)
class ReferenceRows:
    """Instruments of every series, and the sessions and holidays of their exchanges."""

    instruments: tuple[Instrument, ...]
    sessions: tuple[ExchangeSession, ...]
    holidays: tuple[ExchangeHoliday, ...]


@dataclass(frozen=True, slots=True)
class KeptBacktest:
    """A finished run, and where a person finds its report."""

    outcome: BacktestOutcome
    report_path: str


@dataclass(frozen=True, slots=True, eq=False)
class _Tested:
    """What a run was made of, and what it made."""

    strategy: Strategy
    params: Any
    window: BarWindow
    outcome: BacktestOutcome


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

    def strategies(self) -> Sequence[StrategyFacts]:
        """The installed strategies, by name."""
        catalog = self._ports.strategies
        return [strategy_facts(name, catalog) for name in catalog.names()]

    async def reference_rows(self, until: date) -> ReferenceRows:
        """What the trader reads of exchanges: from 2000-01-01 to one year after `until`."""
        series = await self._ports.register.all()
        instruments = {found.symbol: found for found in self._ports.samples.instruments()}
        instruments.update((symbol, found.instrument) for symbol, found in series.items())
        mics = sorted({instrument.mic for instrument in instruments.values()})
        # The calendar's package takes a second to import.
        sessions, holidays = await asyncio.to_thread(self._exchange_days, mics, until + timedelta(days=366))
        return ReferenceRows(tuple(instruments[symbol] for symbol in sorted(instruments)), sessions, holidays)

    async def check_named(self, request: BacktestRequest) -> None:
        """InvalidValue when the request names a strategy or a symbol that there is not; reads no bar."""
        try:
            check_known(request.strategy, self._ports.strategies)
        except NotFound as error:
            raise InvalidValue("strategy", str(error)) from error
        known = await self._ports.register.all()
        named = {"symbols": request.symbols, "benchmark": (request.benchmark,), "market": (request.market,)}
        for field, symbols in named.items():
            for symbol in symbols:
                if symbol is not None and symbol not in known:
                    there = f"there are those of {', '.join(known)}" if known else "import some"
                    raise InvalidValue(field, f"there are no bars of {symbol}; {there}")

    async def backtest(
        self, request: BacktestRequest, progress: BacktestProgress | None = None
    ) -> BacktestRun:
        """Runs the strategy's very sources as they will trade, with all that an artifact needs.

        `progress` hears (bar ends done, all), from another thread. NotFound for an unknown strategy or
        symbol; InvalidValue for parameters, a window without bars, a strategy that may not run.
        """
        tested = await self._tested(request, progress)
        suite = await asyncio.to_thread(
            record_golden_suite, tested.strategy, tested.params, tested.window.bars
        )
        parts = {field.name: getattr(tested.outcome, field.name) for field in fields(tested.outcome)}
        return BacktestRun(**parts, golden_suite=suite.encoded())

    async def keep_backtest(
        self, request: BacktestRequest, progress: BacktestProgress | None = None
    ) -> KeptBacktest:
        """Runs it as `backtest` does, and keeps the run among the others; the same errors."""
        outcome = (await self._tested(request, progress)).outcome
        run = kept_run_of(outcome, request, kept_at=self._ports.clock.now())
        await self._ports.runs.keep(run, outcome.result, outcome.report)
        return KeptBacktest(outcome, self._ports.runs.report_location(outcome.run_id))

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

    async def _tested(self, request: BacktestRequest, progress: BacktestProgress | None) -> _Tested:
        named = named_strategy(request.strategy, self._ports.strategies)
        params = chosen_params(named.strategy, request.params)
        inputs_params = params_tuple(named.strategy, params)
        window = await self._window(
            WantedBars(data_from=request.data_from, data_to=request.data_to, symbols=request.symbols)
        )
        references = References(
            benchmark=await self._reference("benchmark", request.benchmark, window),
            market=await self._reference("market", request.market, window),
        )
        inputs = BacktestInputs(
            strategy=named.strategy,
            params=inputs_params,
            bars=window.bars,
            instruments=window.instruments,
            settings=request.settings,
            benchmark=() if references.benchmark is None else references.benchmark.bars,
            market=() if references.market is None else references.market.bars,
        )
        compiled = self._compiled(named.source, window)
        result = await asyncio.to_thread(_result, inputs, progress, compiled)
        run_id = run_id_of(named.source, params, request.settings, window.manifest, references)
        outcome = BacktestOutcome(
            run_id=run_id,
            source=named.source,
            params=params,
            manifest=window.manifest,
            references=references,
            result=result,
            evidence=evidence_of(result, run_id=run_id),
            report=b"",
        )
        report = await asyncio.to_thread(self._ports.reporter.render, report_of(outcome, window))
        return _Tested(named.strategy, inputs_params, window, replace(outcome, report=report))

    async def _reference(self, role: str, symbol: str | None, window: BarWindow) -> ReferenceSeries | None:
        if symbol is None:
            return None
        return await read_reference(
            role, symbol, window, store=self._ports.bars, register=self._ports.register
        )

    def _compiled(self, source: StrategySource, window: BarWindow) -> CompiledStrategy | None:
        """How a large run is made; a small one is done before a compiler has started."""
        if sum(map(len, window.bars.values())) < COMPILED_FROM_BARS:
            return None
        return CompiledStrategy(f"{source.bundle.sha256} {source.entry}", self._ports.kernels())


def _result(
    inputs: BacktestInputs, progress: BacktestProgress | None, compiled: CompiledStrategy | None
) -> BacktestResult:
    try:
        return run_backtest(inputs, progress, compiled)
    except (InvalidValue, PortError):
        raise
    except Exception as error:
        # The strategy's own code ran: whatever it raises is a reason not to use it.
        raise InvalidValue(
            f"strategy {inputs.strategy.name}",
            f"failed on these bars ({type(error).__name__}: {error}): mend it, or take other parameters",
        ) from error
