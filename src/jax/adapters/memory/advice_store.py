"""Requests for advice and their runs, in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.limits import at_most
from jax.adapters.memory.session import Session
from jax.adapters.memory.state import State
from jax.domain.advice_request import AdviceRequest, SignalFacts
from jax.domain.advice_run import AdviceRun, AskedAdvice
from jax.ports.errors import Conflict, NotFound


class MemoryAdviceOutbox:
    """The outbox within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, request: AdviceRequest) -> bool:
        stored = (await self._session.write()).advice_requests
        about = {one.signal_id for one in stored.values() if one.signal_id is not None}
        if request.run_id in stored or request.signal_id in about:
            return False
        stored[request.run_id] = request
        return True

    async def add_all(self, requests: Sequence[AdviceRequest]) -> int:
        return sum([await self.add(request) for request in requests])


class MemoryAdviceStore:
    """Beside the transactions, as research works."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self._taken: set[str] = set()

    async def ask(self, request: AdviceRequest) -> bool:
        session = Session(self._database)
        try:
            added = await MemoryAdviceOutbox(session).add(request)
            session.commit()
        finally:
            session.close()
        return added

    @asynccontextmanager
    async def take(self) -> AsyncIterator["_Taken | None"]:
        state = self._database.committed
        waiting = [
            request
            for request in state.advice_requests.values()
            if request.run_id not in state.advice_runs and request.run_id not in self._taken
        ]
        if not waiting:
            yield None
            return
        oldest = min(waiting, key=lambda request: (request.asked_at, request.run_id))
        self._taken.add(oldest.run_id)
        try:
            yield _Taken(self._database, oldest)
        finally:
            self._taken.discard(oldest.run_id)

    async def get(self, run_id: str) -> AskedAdvice:
        return _asked(self._database.committed, run_id)

    async def page(self, *, before: str | None = None, limit: int = 50) -> Sequence[AskedAdvice]:
        state, count = self._database.committed, at_most(limit)
        by_id = sorted(state.advice_requests)
        ids = sorted(by_id, key=lambda run_id: state.advice_requests[run_id].asked_at, reverse=True)
        if before is not None:
            _asked(state, before)
            ids = ids[ids.index(before) + 1 :]
        return [_asked(state, run_id) for run_id in ids[:count]]

    async def signal(self, signal_id: str) -> SignalFacts:
        signal = self._database.committed.signals.get(signal_id)
        if signal is None:
            raise NotFound(f"There is no signal {signal_id}.")
        return SignalFacts.of(signal)


class _Taken:
    """A request that is out of the others' reach."""

    def __init__(self, database: MemoryDatabase, request: AdviceRequest) -> None:
        self._database = database
        self.request = request

    async def store(self, run: AdviceRun) -> None:
        if run.run_id != self.request.run_id:
            raise Conflict(f"Run {run.run_id} does not answer request {self.request.run_id}.")
        session = Session(self._database)
        try:
            stored = (await session.write()).advice_runs
            if run.run_id in stored:
                raise session.conflict(f"Request {run.run_id} has a run already.")
            stored[run.run_id] = run
            session.commit()
        finally:
            session.close()


def _asked(state: State, run_id: str) -> AskedAdvice:
    request = state.advice_requests.get(run_id)
    if request is None:
        raise NotFound(f"There is no request for advice {run_id}.")
    return AskedAdvice(request, state.advice_runs.get(run_id))
