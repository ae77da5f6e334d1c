"""Which artifacts decide at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from jax.domain.loaded_artifact import EntryRight, LoadedArtifact
from jax.modules.artifacts.load_artifacts import ArtifactsLoaded, LoadArtifacts, Look
from jax.modules.signals.receive_bars import ReceiveBars
from jax.ports.clock import Clock
from jax.ports.errors import OutcomeUnknown, Unavailable

# Loading comes twice a second: who has not managed for this long does not know what was revoked meanwhile.
FRESH_FOR_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Moment:
    """Both clocks: monotonic time stands still in a machine that sleeps, the wall clock may be set back."""

    ns: int
    at: datetime

    def seconds_until(self, later: "_Moment") -> float:
        """What has passed by the clock that says more."""
        return max((later.ns - self.ns) / 1e9, (later.at - self.at).total_seconds())


class RunningArtifacts:
    """What was loaded last, for the strategies, for executions and for /health."""

    def __init__(self, *, load_artifacts: LoadArtifacts, receive_bars: ReceiveBars, clock: Clock) -> None:
        self._load_artifacts = load_artifacts
        self._receive_bars = receive_bars
        self._clock = clock
        self._now: ArtifactsLoaded | None = None
        self._looked = self._moment()

    @property
    def now(self) -> ArtifactsLoaded:
        return self._now or ArtifactsLoaded(loaded=(), refused=())

    @property
    def are_known(self) -> bool:
        """Whether anything was loaded yet: before that, nothing is said of what must not trade any more."""
        return self._now is not None

    def ids_by_hash(self) -> Mapping[str, str]:
        """The ids of the loaded artifacts by their payloads' hashes; none once the snapshot has expired."""
        return {artifact.payload_sha256: artifact.artifact_id for artifact in self._in_force()}

    def that_may_enter(self) -> Mapping[str, EntryRight]:
        """As `ids_by_hash`, but none when the last look at the gate is too long ago to enter on."""
        if not self._is_fresh():
            return {}
        return {
            artifact.payload_sha256: EntryRight(
                artifact.artifact_id, artifact.policy_sha256, artifact.payload.risk
            )
            for artifact in self._in_force()
        }

    def symbols(self) -> frozenset[str]:
        """What the loaded artifacts decide about."""
        return frozenset(symbol for artifact in self.now.loaded for symbol in artifact.payload.symbols)

    def alarms(self) -> tuple[str, ...]:
        """A sentence when nothing may enter, whatever is loaded, because the gate is not being looked at."""
        if not self.are_known:
            return ("nothing enters: what may trade could not be loaded yet; look at the database",)
        if self._is_fresh():
            return ()
        return (
            f"nothing enters: what may trade was last verified at {self._looked.at:%H:%M:%S} UTC; "
            "look at the database, and restart jax-trader if this stays",
        )

    async def reload(self) -> None:
        """Loads and verifies everything again, and lets that decide; as LoadArtifacts raises.

        What falls out does so as soon as that is known, whatever the steps that follow wait for; what is new
        decides once it is on record.
        """
        began = self._moment()
        look = await self._look()
        self._narrow(self.now, look.hashes)
        outcome = await self._load_artifacts.verify(look)
        self._narrow(outcome, frozenset(artifact.payload_sha256 for artifact in self.now.loaded))
        await self._load_artifacts.record(outcome)
        self._let_decide(outcome)
        self._looked = began

    async def _look(self) -> Look:
        try:
            return await self._load_artifacts.look()
        except (Unavailable, OutcomeUnknown):
            raise
        except Exception:
            # The gate was reached and cannot be read: nobody knows what was revoked, so nothing is loaded.
            self._narrow(self.now, frozenset())
            raise

    def _narrow(self, outcome: ArtifactsLoaded, hashes: frozenset[str]) -> None:
        if self.are_known:
            kept = tuple(artifact for artifact in outcome.loaded if artifact.payload_sha256 in hashes)
            self._let_decide(replace(outcome, loaded=kept))

    def _let_decide(self, outcome: ArtifactsLoaded) -> None:
        self._now = outcome
        self._receive_bars.use_artifacts(outcome.loaded)

    def _in_force(self) -> tuple[LoadedArtifact, ...]:
        expires_at = self.now.expires_at
        if expires_at is None or not (self._clock.now() < expires_at):
            return ()
        return self.now.loaded

    def _is_fresh(self) -> bool:
        return self._looked.seconds_until(self._moment()) <= FRESH_FOR_SECONDS

    def _moment(self) -> _Moment:
        return _Moment(self._clock.monotonic_ns(), self._clock.now())
