"""Which artifacts decide at this moment."""

from collections.abc import Mapping

from jax.modules.artifacts.load_artifacts import ArtifactsLoaded, LoadArtifacts
from jax.modules.signals.receive_bars import ReceiveBars


class RunningArtifacts:
    """What was loaded last, for the strategies, for executions and for /health."""

    def __init__(self, *, load_artifacts: LoadArtifacts, receive_bars: ReceiveBars) -> None:
        self._load_artifacts = load_artifacts
        self._receive_bars = receive_bars
        self._now: ArtifactsLoaded | None = None

    @property
    def now(self) -> ArtifactsLoaded:
        return self._now or ArtifactsLoaded(loaded=(), refused=())

    @property
    def are_known(self) -> bool:
        """Whether anything was loaded yet: before that, nothing is said of what must not trade any more."""
        return self._now is not None

    def ids_by_hash(self) -> Mapping[str, str]:
        """The ids of the loaded artifacts by the hash of their payloads."""
        return {artifact.payload_sha256: artifact.artifact_id for artifact in self.now.loaded}

    async def reload(self) -> None:
        """Loads and verifies everything again, and lets that decide; as LoadArtifacts raises."""
        outcome = await self._load_artifacts.load()
        # First, since bars that are being received hold up the strategies: what is revoked enters nothing
        # from here on.
        self._now = outcome
        await self._receive_bars.use_artifacts(outcome.loaded)
