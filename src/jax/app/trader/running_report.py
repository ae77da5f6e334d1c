"""Says what this trader runs, and notices another one that runs something else."""

from datetime import timedelta

import structlog

from jax.app.trader.running_artifacts import RunningArtifacts
from jax.domain.running_trader import RunningTrader, disagreements
from jax.ports.clock import Clock
from jax.ports.unit_of_work import UnitOfWork

# Whoever has said nothing for this long has stopped, or cannot reach the database.
_FRESH_FOR = timedelta(seconds=10)
_log = structlog.get_logger()


class RunningReport:
    """An alarm for people: which of two traders is right is not for either of them to say."""

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWork,
        clock: Clock,
        boot_id: str,
        account: str,
        artifacts: RunningArtifacts,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._boot_id = boot_id
        self._account = account
        self._artifacts = artifacts
        self._started_at = clock.now()
        self._alarms: tuple[str, ...] = ()

    def alarms(self) -> tuple[str, ...]:
        """What the last look found: a sentence for each trader that runs other artifacts."""
        return self._alarms

    async def run_once(self) -> None:
        """Reports and looks, once anything was loaded; as the ports raise."""
        if not self._artifacts.are_known:
            return
        own = self._own_word()
        async with self._unit_of_work.begin() as transaction:
            await transaction.running.report(own)
            heard = await transaction.running.reported_after(own.reported_at - _FRESH_FOR)
        alarms = disagreements(own, [other for other in heard if self._is_another(other)])
        if alarms != self._alarms:
            _log.warning("traders.disagree" if alarms else "traders.agree", alarms=alarms)
        self._alarms = alarms

    def _own_word(self) -> RunningTrader:
        return RunningTrader(
            boot_id=self._boot_id,
            account=self._account,
            artifact_hashes=tuple(sorted(self._artifacts.ids_by_hash())),
            snapshot_seq=self._artifacts.now.snapshot_seq or None,
            reported_at=self._clock.now(),
        )

    def _is_another(self, other: RunningTrader) -> bool:
        # The last word of the process that this one has replaced says nothing of now.
        return other.account != self._account or other.reported_at > self._started_at
