"""The strategies that are running, one runner for each artifact and symbol, warmed up from stored bars."""

from collections.abc import Sequence
from datetime import timedelta

from jax.domain.bar import Bar
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.strategy import NOTHING, Decision
from jax.domain.strategy_runner import StrategyRunner, bar_values
from jax.ports.market_data import MarketData

_JUST_BEFORE = timedelta(microseconds=1)

Decided = tuple[LoadedArtifact, Bar, Decision]


class StrategyRunners:
    """Runners move on with each bar; after a failed transaction, `forget` has them start from the store."""

    def __init__(self) -> None:
        self._artifacts: tuple[LoadedArtifact, ...] = ()
        self._runners: dict[tuple[str, str], StrategyRunner] = {}

    def use(self, artifacts: Sequence[LoadedArtifact]) -> None:
        """These artifacts decide from now on; runners of others are forgotten."""
        self._artifacts = tuple(artifacts)
        kept = {artifact.payload_sha256 for artifact in artifacts}
        self._runners = {key: runner for key, runner in self._runners.items() if key[0] in kept}

    def forget(self) -> None:
        """Nothing is known any more of what was stored: every runner warms up again."""
        self._runners = {}

    async def advance(self, bars: Sequence[Bar], stored: MarketData) -> list[Decided]:
        """What the artifacts decide on `bars`, which come after those in `stored`, oldest first."""
        decided: list[Decided] = []
        for artifact in self._artifacts:
            for symbol in artifact.payload.symbols:
                own = [bar for bar in bars if bar.symbol == symbol]
                if own:
                    runner = await self._runner(artifact, own[0], stored)
                    decisions = [(artifact, bar, runner.on_bar(bar_values(bar))) for bar in own]
                    decided.extend(found for found in decisions if found[2].action != NOTHING)
        return sorted(decided, key=lambda found: found[1].end)

    async def _runner(self, artifact: LoadedArtifact, first: Bar, stored: MarketData) -> StrategyRunner:
        key = (artifact.payload_sha256, first.symbol)
        if key not in self._runners:
            runner = StrategyRunner(artifact.strategy, artifact.params)
            start = artifact.payload.data_from - _JUST_BEFORE
            for bar in await stored.bars(first.symbol, first.timeframe, after=start):
                runner.on_bar(bar_values(bar))
            self._runners[key] = runner
        return self._runners[key]
