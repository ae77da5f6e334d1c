"""What the desk works on."""

from dataclasses import dataclass, field
from pathlib import Path

from jax.app.research.research import Research
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import parse_policy
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.view_artifact import ViewArtifact, ViewParts
from jax.modules.orchestration.advise import AdvisingPorts
from jax.ports.advice_store import AdviceStore
from jax.ports.asked_runs import AskedRuns
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError
from jax.ports.event_bus import EventBus
from jax.ports.id_source import IdSource
from jax.ports.object_store import ObjectStore
from jax.ports.run_store import RunStore
from jax.ports.trade_provenance import TradeProvenanceReader
from jax.ports.unit_of_work import UnitOfWork

NO_POLICY = "none"


class PolicyMark:
    """What answers and log lines say of the policy in force."""

    def __init__(self) -> None:
        self._last: str | None = None

    @property
    def last(self) -> str | None:
        """What was told last; None before the first time."""
        return self._last

    async def now(self, unit_of_work: UnitOfWork) -> str:
        """`solo`, the policy's name, or `none` before the first policy and for one that is unreadable."""
        try:
            async with unit_of_work.begin() as transaction:
                self._last = parse_policy(await transaction.releases.policy_in_force()).mark
        except (NotFound, InvalidValue):
            self._last = NO_POLICY
        return self._last


@dataclass(frozen=True, slots=True)
class DeskParts:
    """The ports, over the folder `home`.

    `stopping` opens transactions on connections that nothing else uses: an emergency stop must not wait for
    requests that hang.
    """

    home: Path
    unit_of_work: UnitOfWork
    stopping: UnitOfWork
    objects: ObjectStore
    clock: Clock
    ids: IdSource
    trust: TrustSource
    provenance: TradeProvenanceReader
    research: Research
    runs: RunStore
    asked_runs: AskedRuns
    advice: AdviceStore
    advising: AdvisingPorts
    event_bus: EventBus
    mark: PolicyMark = field(default_factory=PolicyMark)

    @property
    def viewer(self) -> ViewArtifact:
        """Reads what people are shown."""
        return ViewArtifact(ViewParts(self.unit_of_work, self.objects, self.clock, self.trust))

    async def policy_mark(self) -> str:
        """The mark of the policy in force; raises as the ports do."""
        return await self.mark.now(self.unit_of_work)

    async def policy_mark_if_told(self) -> str | None:
        """The same, or what was told last when the database does not answer: for what is done already."""
        try:
            return await self.policy_mark()
        except PortError:
            return self.mark.last
