"""Which artifacts decide at this moment."""

from collections.abc import Mapping

from jax.domain.loaded_artifact import EntryRight
from jax.modules.artifacts.load_artifacts import ArtifactsLoaded, LoadArtifacts
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.clock import Clock

# Loading comes every second: who has not managed for this long does not know what was revoked meanwhile.
FRESH_FOR_SECONDS = 5.0


class RunningArtifacts:
    """What was loaded last, for the strategies, for executions and for /health."""

    def __init__(self, *, load_artifacts: LoadArtifacts, receive_bars: ReceiveBars, clock: Clock) -> None:
        self._load_artifacts = load_artifacts
        self._receive_bars = receive_bars
        self._clock = clock
        self._now: ArtifactsLoaded | None = None
        self._loaded_ns = 0

    @property
    def now(self) -> ArtifactsLoaded:
        return self._now or ArtifactsLoaded(loaded=(), refused=())

    @property
    def are_known(self) -> bool:
        """Whether anything was loaded yet: before that, nothing is said of what must not trade any more."""
        return self._now is not None

    def ids_by_hash(self) -> Mapping[str, str]:
        """The ids of the loaded artifacts by their payloads' hashes; none once the snapshot has expired."""
        expires_at = self.now.expires_at
        if expires_at is None or not (self._clock.now() < expires_at):
            return {}
        return {artifact.payload_sha256: artifact.artifact_id for artifact in self.now.loaded}

    def that_may_enter(self) -> Mapping[str, EntryRight]:
        """As `ids_by_hash`, but none when the last look at the gate is too long ago to enter on."""
        seconds = (self._clock.monotonic_ns() - self._loaded_ns) / 1e9
        if not (seconds <= FRESH_FOR_SECONDS):
            return {}
        ids = self.ids_by_hash()
        return {
            artifact.payload_sha256: EntryRight(artifact.artifact_id, artifact.policy_sha256)
            for artifact in self.now.loaded
            if artifact.payload_sha256 in ids
        }

    def policy_of(self, payload_sha256: str) -> str | None:
        """The hash of the policy that the loaded artifact was approved under."""
        for artifact in self.now.loaded:
            if artifact.payload_sha256 == payload_sha256:
                return artifact.policy_sha256
        return None

    async def reload(self) -> None:
        """Loads and verifies everything again, and lets that decide; as LoadArtifacts raises."""
        began_ns = self._clock.monotonic_ns()
        outcome = await self._load_artifacts.load()
        # First, since bars that are being received hold up the strategies: what is revoked enters nothing
        # from here on.
        self._now, self._loaded_ns = outcome, began_ns
        await self._receive_bars.use_artifacts(outcome.loaded)
