"""Bars come in, are stored, and become signals."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.signal import Signal
from jax.domain.signal_age import AGE_LIMITS
from jax.domain.strategy import NOTHING
from jax.modules.signals.record_signal import record_signals
from jax.modules.signals.strategy_runners import Decided, StrategyRunners
from jax.ports.bar_listener import BarListener
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction, UnitOfWork

_SHORTEST_FIRST = {timeframe: place for place, timeframe in enumerate(Timeframe)}


@dataclass(frozen=True, slots=True)
class BarsReceived:
    """How many bars were new, and the signals that they gave."""

    new_bars: int
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """For what signals are asked: no symbols and no strategies stand for all.

    `any_age` takes bars of another time too, as whoever tries things out on them does.
    """

    symbols: frozenset[str] = frozenset()
    strategies: frozenset[str] = frozenset()
    any_age: bool = False

    def includes(self, decided: Decided) -> bool:
        artifact, bar, _ = decided
        return (not self.symbols or bar.symbol in self.symbols) and (
            not self.strategies or artifact.payload.name in self.strategies
        )


class ReceiveBars:
    """Stores bars and generates signals in one transaction, then tells the listeners.

    Signals are only made on bars that end after the artifact's backtest window: what lies within it is
    history, on which the strategy warms up. Nor are they made on a bar that only repeats the one before it.
    """

    def __init__(
        self, *, unit_of_work: UnitOfWork, clock: Clock, listeners: Sequence[BarListener] = ()
    ) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._listeners = tuple(listeners)
        self._artifacts: tuple[LoadedArtifact, ...] = ()
        self._runners = StrategyRunners()
        self._one_at_a_time = asyncio.Lock()
        self._untold: list[Bar] = []
        self._shortest: dict[str, Timeframe] = {}

    def use_artifacts(self, artifacts: Sequence[LoadedArtifact]) -> None:
        """These artifacts decide on the bars received from now on; it does not wait for bars on their way."""
        self._artifacts = tuple(artifacts)

    async def receive(
        self, bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool] | None = None
    ) -> BarsReceived:
        """Stores `bars` (all or none) and returns what came of the new ones.

        Bars that are stored already are skipped, and those that `may_signal` denies give no signals.
        InvalidValue when a bar ends in the future, or is older than the newest stored one of its series and
        was never stored: strategies have passed it.
        """
        ordered = sorted(bars, key=lambda bar: (bar.end, bar.symbol))
        self._refuse_the_future(ordered)
        async with self._one_at_a_time:
            self._runners.use(self._artifacts)
            try:
                fresh, signals = await self._store(ordered, may_signal)
            except BaseException:
                self._runners.forget()
                raise
            self._untold.extend(fresh)
            # A listener that fails hears these bars again with the next ones, or when the caller tries again.
            await self._tell(self._untold)
            self._untold.clear()
        return BarsReceived(len(fresh), signals)

    async def generate(self, asked: Asked) -> tuple[Signal, ...]:
        """The signals, new ones only, of the newest stored bars, for artifacts that came after those bars."""
        async with self._one_at_a_time:
            self._runners.use(self._artifacts)
            now = self._clock.now()
            async with self._unit_of_work.begin() as transaction:
                newest = [d for d in await self._runners.newest(transaction.bars) if asked.includes(d)]
                ripe = [d for d in newest if _may_signal(d) and (asked.any_age or _is_recent(d, now))]
                return await record_signals(transaction, ripe, now=now)

    def _refuse_the_future(self, bars: Sequence[Bar]) -> None:
        now = self._clock.now()
        for bar in bars:
            if not (bar.end <= now):
                raise InvalidValue(
                    "bars",
                    f"{bar.symbol} ends {bar.end.isoformat()}, which is in the future; send it then",
                )

    async def tell_newest(self) -> None:
        """Tells the listeners the newest stored bars again, for those that missed them in a crash."""
        newest: dict[str, Bar] = {}
        async with self._unit_of_work.begin() as transaction:
            for timeframe in Timeframe:
                for symbol in await transaction.bars.last_ends(timeframe):
                    bar = await transaction.bars.newest(symbol, timeframe)
                    if bar is not None and (symbol not in newest or newest[symbol].end < bar.end):
                        newest[symbol] = bar
        await self._tell(sorted(newest.values(), key=lambda bar: bar.end))

    async def _store(
        self, ordered: Sequence[Bar], may_signal: Callable[[Bar], bool] | None
    ) -> tuple[list[Bar], tuple[Signal, ...]]:
        async with self._unit_of_work.begin() as transaction:
            fresh = await _fresh_bars(transaction, ordered)
            decided = await self._runners.advance(fresh, transaction.bars)
            await _append(transaction, ordered, fresh)
            ripe = [one for one in decided if _may_signal(one) and (may_signal is None or may_signal(one[1]))]
            signals = await record_signals(transaction, ripe, now=self._clock.now())
        return fresh, signals

    async def _tell(self, bars: Sequence[Bar]) -> None:
        told = [bar for bar in bars if self._is_shortest(bar)]
        if told:
            for listener in self._listeners:
                await listener.on_bars(told)

    def _is_shortest(self, bar: Bar) -> bool:
        # A longer bar holds prices from before an order that came in its middle: nothing may fill at those.
        known = self._shortest.setdefault(bar.symbol, bar.timeframe)
        if _SHORTEST_FIRST[bar.timeframe] < _SHORTEST_FIRST[known]:
            self._shortest[bar.symbol] = bar.timeframe
        return _SHORTEST_FIRST[bar.timeframe] <= _SHORTEST_FIRST[known]


def _may_signal(decided: Decided) -> bool:
    artifact, bar, decision = decided
    return decision.action != NOTHING and bar.end > artifact.payload.data_to and not bar.only_repeats


def _is_recent(decided: Decided, now: datetime) -> bool:
    artifact, bar, _ = decided
    return now - bar.end <= AGE_LIMITS[artifact.payload.timeframe]


async def _fresh_bars(transaction: Transaction, ordered: Sequence[Bar]) -> list[Bar]:
    ends = await transaction.bars.ends_of({(bar.symbol, bar.timeframe) for bar in ordered})
    return [
        bar for bar in ordered if (last := ends.get((bar.symbol, bar.timeframe))) is None or bar.end > last
    ]


async def _append(transaction: Transaction, ordered: Sequence[Bar], fresh: Sequence[Bar]) -> None:
    added = await transaction.bars.append(ordered)
    if added != len(fresh):
        raise InvalidValue(
            "bars",
            "one is older than the newest stored bar of its symbol and was never stored; send them in order",
        )
