"""Bars come in, are stored, and become signals."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.signal import Signal
from jax.domain.strategy import Decision
from jax.modules.signals.build_signal import build_signal
from jax.modules.signals.hand_over import hand_over
from jax.modules.signals.strategy_runners import StrategyRunners
from jax.ports.bar_listener import BarListener
from jax.ports.clock import Clock
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class BarsReceived:
    """How many bars were new, and the signals that they gave."""

    new_bars: int
    signals: tuple[Signal, ...]


class ReceiveBars:
    """Stores bars and generates signals in one transaction, then tells the listeners.

    Signals are only made on bars that end after the artifact's backtest window: what lies within it is
    history, on which the strategy warms up.
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

    def use_artifacts(self, artifacts: Sequence[LoadedArtifact]) -> None:
        """These artifacts decide on the bars received from now on; it does not wait for bars on their way."""
        self._artifacts = tuple(artifacts)

    async def receive(self, bars: Sequence[Bar]) -> BarsReceived:
        """Stores `bars` (all or none) and returns what came of the new ones.

        Bars that are stored already are skipped. InvalidValue when a bar ends in the future, or is older than
        the newest stored one of its symbol and was never stored: strategies have passed it.
        """
        ordered = sorted(bars, key=lambda bar: (bar.end, bar.symbol))
        self._refuse_the_future(ordered)
        async with self._one_at_a_time:
            self._runners.use(self._artifacts)
            try:
                fresh, signals = await self._store(ordered)
            except BaseException:
                self._runners.forget()
                raise
            self._untold.extend(fresh)
            # A listener that fails hears these bars again with the next ones, or when the caller tries again.
            await self._tell(self._untold)
            self._untold.clear()
        return BarsReceived(len(fresh), signals)

    def _refuse_the_future(self, bars: Sequence[Bar]) -> None:
        now = self._clock.now()
        for bar in bars:
            if not (bar.end <= now):
                raise InvalidValue(
                    "bars",
                    f"{bar.symbol} ends {bar.end.isoformat()}, which is in the future; send it then",
                )

    async def tell_newest(self, timeframe: Timeframe = Timeframe.DAY) -> None:
        """Tells the listeners the newest stored bars again, for those that missed them in a crash."""
        async with self._unit_of_work.begin() as transaction:
            ends = await transaction.bars.last_ends(timeframe)
            newest = [
                (await transaction.bars.bars(symbol, timeframe, until=end))[-1]
                for symbol, end in ends.items()
            ]
        await self._tell(newest)

    async def _store(self, ordered: Sequence[Bar]) -> tuple[list[Bar], tuple[Signal, ...]]:
        async with self._unit_of_work.begin() as transaction:
            fresh = await _fresh_bars(transaction, ordered)
            decided = await self._runners.advance(fresh, transaction.bars)
            await _append(transaction, ordered, fresh)
            signals = [
                signal
                for artifact, bar, decision in decided
                if bar.end > artifact.payload.data_to
                and (signal := await self._add_signal(transaction, artifact, bar, decision)) is not None
            ]
        return fresh, tuple(signals)

    async def _add_signal(
        self, transaction: Transaction, artifact: LoadedArtifact, bar: Bar, decision: Decision
    ) -> Signal | None:
        now = self._clock.now()
        try:
            instrument = await transaction.reference.instrument(bar.symbol)
            signal = build_signal(decision, artifact=artifact, bar=bar, instrument=instrument, now=now)
        except (InvalidValue, NotFound) as error:
            await transaction.audit.append(
                AuditEvent("signal.skipped", bar.symbol, TRADER, now, _facts(artifact, bar, str(error)))
            )
            return None
        if not await transaction.signals.add(signal):
            return None
        await transaction.audit.append(
            AuditEvent(
                "signal.generated", signal.signal_id, TRADER, now, _facts(artifact, bar, signal.reason)
            )
        )
        await transaction.events.publish("signal", subject=signal.signal_id)
        await hand_over(transaction, signal, now=now)
        return signal

    async def _tell(self, bars: Sequence[Bar]) -> None:
        if bars:
            for listener in self._listeners:
                await listener.on_bars(bars)


async def _fresh_bars(transaction: Transaction, ordered: Sequence[Bar]) -> list[Bar]:
    newest: dict[tuple[str, Timeframe], datetime] = {}
    for timeframe in {bar.timeframe for bar in ordered}:
        for symbol, end in (await transaction.bars.last_ends(timeframe)).items():
            newest[symbol, timeframe] = end
    return [
        bar for bar in ordered if (last := newest.get((bar.symbol, bar.timeframe))) is None or bar.end > last
    ]


async def _append(transaction: Transaction, ordered: Sequence[Bar], fresh: Sequence[Bar]) -> None:
    added = await transaction.bars.append(ordered)
    if added != len(fresh):
        raise InvalidValue(
            "bars",
            "one is older than the newest stored bar of its symbol and was never stored; send them in order",
        )


def _facts(artifact: LoadedArtifact, bar: Bar, reason: str) -> dict[str, str]:
    return {
        "artifact_id": artifact.artifact_id,
        "artifact_hash": artifact.payload_sha256,
        "strategy": artifact.payload.name,
        "symbol": bar.symbol,
        "bar_end": bar.end.isoformat(),
        "close": str(bar.close),
        "reason": reason,
    }
