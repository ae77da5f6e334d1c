"""Takes requests for advice out of the outbox, one at a time, and stores a run for each."""

from jax.domain.advice import LONGEST_TEXT, bounded
from jax.domain.advice_request import AdviceRequest
from jax.domain.advice_run import AdviceRun, Outcome, RunStatus
from jax.modules.orchestration.advise import Advising, AdvisingPorts
from jax.modules.orchestration.tape import RecordingTape
from jax.ports.advice_store import AdviceStore
from jax.ports.clock import Clock


class RunRequests:
    """A request is held while it is run and let go with its run: who ends in between leaves it as it was."""

    def __init__(self, *, store: AdviceStore, ports: AdvisingPorts, clock: Clock) -> None:
        self._store = store
        self._ports = ports
        self._clock = clock

    async def run_next(self) -> AdviceRun | None:
        """The stored run of the oldest request; None when none waits.

        A fault of ours is stored as a FAILED run, so that one request cannot hold up all others. Raises as
        the store does; whatever it raises, the request is answered later.
        """
        async with self._store.take() as taken:
            if taken is None:
                return None
            run = await self._run(taken.request)
            await taken.store(run)
            return run

    async def _run(self, request: AdviceRequest) -> AdviceRun:
        started_at, tape = self._clock.now(), RecordingTape()
        outcome: Outcome | None = None
        problem: str | None = None
        try:
            outcome = await Advising(request, self._ports, tape).outcome()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told where people look for advice
            problem = bounded(f"{type(error).__name__}: {error}", longest=LONGEST_TEXT)
        return AdviceRun(
            run_id=request.run_id,
            status=RunStatus.COMPLETED if outcome is not None else RunStatus.FAILED,
            outcome=outcome,
            problem=problem,
            advisers=self._ports.names,
            exchanges=tuple(tape.exchanges),
            started_at=started_at,
            finished_at=self._clock.now(),
        )
