"""What the trader does by itself, all the time: artifacts, their entries, orders, and a look at its lock."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from jax.app.trader.periodic_job import Action, PeriodicJob
from jax.app.trader.running_artifacts import RunningArtifacts
from jax.app.trader.running_report import RunningReport
from jax.app.trader.sending_gate import SendingGate
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.ports.errors import Unavailable
from jax.ports.event_bus import EventBus

_EVERY_SECONDS = 1.0
# Half of the second within which a revocation has to count that nobody tells this trader of.
_LOAD_EVERY_SECONDS = 0.5
_REPORT_EVERY_SECONDS = 3.0
_LOADING = "loading artifacts"
_CANCELING = "canceling entries"
_RECONCILIATION = "reconciliation"
_WATCHING = "watching the lock"
_REPORTING = "reporting what runs"
_HINTS = "hearing of {}s"
_LOCK_LOST = (
    "this trader has lost its lock in the database, so another one may be running: restart jax-trader"
)


class LivenessLock(Protocol):
    """Says whether this process is still the account's trader."""

    async def held(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class EngineJob:
    """Something else that is done every so often, first before anything is sent.

    With a `topic`, also as soon as something of it is heard.
    """

    name: str
    action: Action
    interval_seconds: float
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """What the background work works on; one that places nothing has nothing to cancel or to reconcile."""

    gate: SendingGate
    artifacts: RunningArtifacts
    cancel_entries: CancelEntries | None
    reconcile: ReconcileOrders | None
    report: RunningReport
    event_bus: EventBus
    lock: LivenessLock
    jobs: tuple[EngineJob, ...] = ()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Does everything once, then goes on in the background until the block ends."""
        cancel = self._job(_CANCELING, self._cancel_entries)
        report = self._job(_REPORTING, self.report.run_once, interval_seconds=_REPORT_EVERY_SECONDS)
        reload = self._job(
            _LOADING, lambda: self._reload(cancel, report), interval_seconds=_LOAD_EVERY_SECONDS
        )
        reconcile = self._job(_RECONCILIATION, self._reconcile)
        watch = self._job(_WATCHING, self._watch_lock)
        others = [
            (job, self._job(job.name, job.action, interval_seconds=job.interval_seconds)) for job in self.jobs
        ]
        await reload.run_once()
        await reconcile.run_once()
        await cancel.run_once()
        for _, other in others:
            await other.run_once()
        await report.run_once()
        async with AsyncExitStack() as stack:
            for name, work in (
                (_LOADING, reload.run()),
                (_CANCELING, cancel.run()),
                (_RECONCILIATION, reconcile.run()),
                (_WATCHING, watch.run()),
                (_REPORTING, report.run()),
                (_HINTS.format("artifact"), self._pass_on_hints("artifact", reload)),
                *((job.name, other.run()) for job, other in others),
                *(
                    (_HINTS.format(job.topic), self._pass_on_hints(job.topic, other))
                    for job, other in others
                    if job.topic is not None
                ),
            ):
                await stack.enter_async_context(self._running(name, work))
            yield

    def _job(self, name: str, action: Any, *, interval_seconds: float | None = None) -> PeriodicJob:
        every = _EVERY_SECONDS if interval_seconds is None else interval_seconds
        return PeriodicJob(name, action, interval_seconds=every, gate=self.gate)

    async def _reload(self, cancel: PeriodicJob, report: PeriodicJob) -> None:
        before = self.artifacts.ids_by_hash().keys()
        try:
            await self.artifacts.reload()
        finally:
            after = self.artifacts.ids_by_hash().keys()
            if before - after:
                cancel.hint()
            if before != after:
                report.hint()

    async def _cancel_entries(self) -> None:
        # A trader that could not load anything yet does not know what has left.
        if self.artifacts.are_known and self.cancel_entries is not None:
            await self.cancel_entries.run_once()

    async def _reconcile(self) -> None:
        if self.reconcile is not None:
            await self.reconcile.run_once()

    async def _watch_lock(self) -> None:
        if not await self.lock.held():
            self.gate.fence(_LOCK_LOST)

    async def _pass_on_hints(self, topic: str, work: PeriodicJob) -> None:
        while True:
            try:
                async with self.event_bus.subscribe(topic) as hints:
                    # What was said before anybody listened is in the tables.
                    work.hint()
                    async for _ in hints:
                        work.hint()
            except Unavailable:
                # The poll covers what is missed meanwhile.
                await asyncio.sleep(_EVERY_SECONDS)

    @asynccontextmanager
    async def _running(self, name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        task = asyncio.create_task(work)
        task.add_done_callback(lambda done: self._tell_end(name, done))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _tell_end(self, name: str, done: "asyncio.Task[None]") -> None:
        # None of them ends by itself; nothing may be sent by a trader that no longer looks after itself.
        if not done.cancelled():
            self.gate.report(name, f"it has stopped ({done.exception()!r}); restart jax-trader")
