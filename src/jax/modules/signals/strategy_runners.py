"""The strategies that are running, one runner for each artifact and symbol, warmed up from stored bars."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from jax.domain.bar import Bar
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.strategy import NOTHING, Decision
from jax.domain.strategy_runner import StrategyRunner, bar_values
from jax.ports.market_data import MarketData

_Key = tuple[str, str]
_JUST_BEFORE = timedelta(microseconds=1)


class StrategyRunners:
    """Runners are brought up to date within a transaction and kept only when it has committed."""

    def __init__(self) -> None:
        self._artifacts: tuple[LoadedArtifact, ...] = ()
        self._runners: dict[_Key, StrategyRunner] = {}

    def use(self, artifacts: Sequence[LoadedArtifact]) -> None:
        """These artifacts decide from now on; runners of others are forgotten."""
        self._artifacts = tuple(artifacts)
        kept = {artifact.payload_sha256 for artifact in artifacts}
        self._runners = {key: runner for key, runner in self._runners.items() if key[0] in kept}

    def forget(self) -> None:
        """Nothing is known any more of what was committed: every runner warms up again from the store."""
        self._runners = {}

    async def advance(self, bars: Sequence[Bar], stored: MarketData) -> "Advance":
        """What the artifacts decide on `bars`, which follow those in `stored` and are not there yet."""
        advance = Advance({})
        for artifact in self._artifacts:
            for symbol in artifact.payload.symbols:
                own = [bar for bar in bars if bar.symbol == symbol]
                if own:
                    runner = await self._runner(artifact, own[0], stored)
                    advance.runners[artifact.payload_sha256, symbol] = runner
                    advance.decisions.extend((artifact, bar, d) for bar, d in _decisions(runner, own))
        advance.decisions.sort(key=lambda found: found[1].end)
        return advance

    def keep(self, advance: "Advance") -> None:
        """The transaction has committed."""
        self._runners.update(advance.runners)

    async def _runner(self, artifact: LoadedArtifact, first: Bar, stored: MarketData) -> StrategyRunner:
        running = self._runners.get((artifact.payload_sha256, first.symbol))
        if running is not None:
            return running.copy()
        runner = StrategyRunner(artifact.strategy, artifact.params)
        start = artifact.payload.data_from - _JUST_BEFORE
        for bar in await stored.bars(first.symbol, first.timeframe, after=start, until=first.start):
            runner.on_bar(bar_values(bar))
        return runner


class Advance:
    """Runners after some bars, and what they decided on bars that the backtest has not seen."""

    def __init__(self, runners: dict[_Key, StrategyRunner]) -> None:
        self.runners = runners
        self.decisions: list[tuple[LoadedArtifact, Bar, Decision]] = []


def _decisions(runner: StrategyRunner, bars: Sequence[Bar]) -> Iterator[tuple[Bar, Decision]]:
    for bar in bars:
        decision = runner.on_bar(bar_values(bar))
        if decision.action != NOTHING:
            yield bar, decision
