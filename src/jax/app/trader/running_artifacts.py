"""Which artifacts decide at this moment."""

from collections.abc import Mapping

from jax.modules.artifacts.load_artifacts import ArtifactsLoaded, LoadArtifacts
from jax.modules.signals.receive_bars import ReceiveBars


class RunningArtifacts:
    """What was loaded last, for the strategies, for executions and for /health."""

    def __init__(self, *, load_artifacts: LoadArtifacts, receive_bars: ReceiveBars) -> None:
        self._load_artifacts = load_artifacts
        self._receive_bars = receive_bars
        self._now = ArtifactsLoaded(loaded=(), refused=())

    @property
    def now(self) -> ArtifactsLoaded:
        return self._now

    def ids_by_hash(self) -> Mapping[str, str]:
        """The ids of the loaded artifacts by the hash of their payloads."""
        return {artifact.payload_sha256: artifact.artifact_id for artifact in self._now.loaded}

    async def reload(self) -> None:
        """Loads and verifies everything again, and lets that decide; as LoadArtifacts raises."""
        outcome = await self._load_artifacts.load()
        await self._receive_bars.use_artifacts(outcome.loaded)
        self._now = outcome
