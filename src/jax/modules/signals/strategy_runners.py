"""The strategies that are running, one runner for each artifact and symbol, warmed up from stored bars."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from jax.domain.bar import Bar, Timeframe
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.strategy import NOTHING, Decision
from jax.domain.strategy_runner import StrategyRunner, bar_values
from jax.ports.market_data import MarketData

_JUST_BEFORE = timedelta(microseconds=1)

Decided = tuple[LoadedArtifact, Bar, Decision]


class _Running:
    """A runner, the newest bar that it has seen, and what it decided there."""

    def __init__(self, artifact: LoadedArtifact) -> None:
        self.newest: Decided | None = None
        self._artifact = artifact
        self._runner = StrategyRunner(artifact.strategy, artifact.params)

    def on_bars(self, bars: Sequence[Bar]) -> list[Decided]:
        decided = [(self._artifact, bar, self._runner.on_bar(bar_values(bar))) for bar in bars]
        if decided:
            self.newest = decided[-1]
        return [found for found in decided if found[2].action != NOTHING]


class StrategyRunners:
    """Runners move on with each bar; after a failed transaction, `forget` has them start from the store."""

    def __init__(self) -> None:
        self._artifacts: tuple[LoadedArtifact, ...] = ()
        self._running: dict[tuple[str, str], _Running] = {}

    def use(self, artifacts: Sequence[LoadedArtifact]) -> None:
        """These artifacts decide from now on; runners of others are forgotten."""
        self._artifacts = tuple(artifacts)
        kept = {artifact.payload_sha256 for artifact in artifacts}
        self._running = {key: running for key, running in self._running.items() if key[0] in kept}

    def forget(self) -> None:
        """Nothing is known any more of what was stored: every runner warms up again."""
        self._running = {}

    async def advance(self, bars: Sequence[Bar], stored: MarketData) -> list[Decided]:
        """What the artifacts decide on `bars`, which come after those in `stored`, oldest first."""
        series: dict[tuple[str, Timeframe], list[Bar]] = defaultdict(list)
        for bar in bars:
            series[bar.symbol, bar.timeframe].append(bar)
        decided: list[Decided] = []
        for artifact in self._artifacts:
            for symbol in artifact.payload.symbols:
                own = series.get((symbol, artifact.payload.timeframe))
                if own:
                    running = await self._warm(artifact, symbol, stored)
                    decided.extend(running.on_bars(own))
        return sorted(decided, key=lambda found: found[1].end)

    async def newest(self, stored: MarketData) -> list[Decided]:
        """What each artifact decides on its newest bar of each symbol that has one, NOTHING included."""
        found = [
            (await self._warm(artifact, symbol, stored)).newest
            for artifact in self._artifacts
            for symbol in artifact.payload.symbols
        ]
        return [decided for decided in found if decided is not None]

    async def _warm(self, artifact: LoadedArtifact, symbol: str, stored: MarketData) -> _Running:
        key = (artifact.payload_sha256, symbol)
        if key not in self._running:
            running = _Running(artifact)
            start = artifact.payload.data_from - _JUST_BEFORE
            running.on_bars(await stored.bars(symbol, artifact.payload.timeframe, after=start))
            self._running[key] = running
        return self._running[key]
