"""One boot of a trader: the use cases, the jobs that drive them, and the doors to the outside."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from jax.app.trader.assembly import compared
from jax.app.trader.executions import Executions
from jax.app.trader.periodic_job import PeriodicJob
from jax.app.trader.sending_gate import SendingGate
from jax.domain.artifact import Artifact
from jax.domain.errors import InvalidValue
from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import OrderType
from jax.domain.risk_decision import Denied
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.close_positions import ClosePositions
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.control_account import ControlAccount
from jax.modules.execution.execute_signal import Executed, ExecuteSignal
from jax.modules.execution.follow_events import FollowEvents
from jax.modules.execution.protect_positions import ProtectPositions
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.modules.execution.watch_account import WatchAccount
from jax.ports.broker import Broker
from jax.ports.errors import Conflict, PortError
from jax.ports.kill_switch import KillSwitch
from jax.ports.unit_of_work import UnitOfWork
from tests.checked_books import CheckedBooks
from tests.entry_rights import right_to_enter
from tests.simulation.house import ACCOUNT, LIMITS
from tests.simulation.invariants import Watch

_FRESH_FOR_SECONDS = 5.0
_UNPROTECTED = timedelta(seconds=10)


class HostClock:
    """The clock of a machine: the world's time, and how far somebody has set it off."""

    def __init__(self, begins: datetime, time: Callable[[], float]) -> None:
        self.begins = begins
        self._time = time

    def now(self) -> datetime:
        return self.begins + timedelta(microseconds=int(self._time() * 1e6))

    def monotonic_ns(self) -> int:
        return int(self._time() * 1e9)


class Lock(Protocol):
    """The advisory lock in the database, as one trader sees it."""

    async def held(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class TraderPorts:
    """What a trader stands on."""

    unit_of_work: UnitOfWork
    broker: Broker
    clock: HostClock
    lock: Lock
    artifact: Artifact
    watch: Watch
    switch: KillSwitch
    is_enabled: bool
    note: Callable[[str], None]


class KillFile:
    """The switch that works without the record, on the disk that all traders share."""

    def __init__(self) -> None:
        self._reason: str | None = None

    def reasons(self) -> tuple[str, ...]:
        return () if self._reason is None else (self._reason,)

    def engage(self, reason: str) -> None:
        self._reason = self._reason or reason

    def release(self) -> None:
        self._reason = None


class SimulatedTrader:
    """As app/trader/assembly.py puts it together, without the parts that are not about orders."""

    def __init__(self, ports: TraderPorts) -> None:
        self.gate = SendingGate(execution_enabled=ports.is_enabled)
        self.is_ready = False
        self._ports = ports
        self._loaded_ids: Mapping[str, str] = {}
        self._looked_at = float("-inf")
        self._executions: Executions | None = None
        self.control: ControlAccount | None = None
        self.closing: ClosePositions | None = None
        self.account_watch: WatchAccount | None = None

    async def run(self) -> None:
        """Starts, then works until the process ends; a port that fails during the start ends it."""
        ports = self._ports
        async with ports.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        await broker_answer(ports.broker.raise_epoch(ACCOUNT, epoch))
        ports.watch.armed(epoch)
        jobs = self._jobs(epoch)
        await self._load()
        for job in jobs:
            await job.run_once()
        self.is_ready = True
        await asyncio.gather(*(job.run() for job in jobs))

    def _jobs(self, epoch: int) -> list[PeriodicJob]:
        ports = self._ports
        booked = CheckedBooks(
            ports.unit_of_work,
            ACCOUNT,
            clock=ports.clock,
            orders_kept_for=LIMITS.orders_looked_back,
            # Not the fault of one job, which would be told and tried again.
            told=lambda difference: ports.watch.fail("the book", difference),
        )
        at = BrokerAccount(
            booked,
            ports.broker,
            ports.clock,
            ACCOUNT,
            epoch,
            ports.is_enabled,
            ports.switch.reasons,
        )
        trading = TradingAccount(ACCOUNT, epoch, LIMITS, OrderType.LIMIT, ports.switch.reasons)
        execute = ExecuteSignal(
            unit_of_work=booked,
            broker=ports.broker,
            clock=ports.clock,
            trading=trading,
            loaded=self._that_may_enter,
        )
        reconcile = ReconcileOrders(
            unit_of_work=booked,
            broker=ports.broker,
            clock=ports.clock,
            account=ACCOUNT,
            epoch=epoch,
        )
        cancel = CancelEntries(
            unit_of_work=booked,
            broker=ports.broker,
            clock=ports.clock,
            trading=trading,
            loaded=lambda: self._loaded_ids,
        )
        self._executions = Executions(execute.execute)
        books, watch = CompareBooks(at), WatchAccount(at)
        self.account_watch = watch
        self.control = ControlAccount(at, ports.switch)
        self.closing = ClosePositions(at)
        return [
            self._job("loading", self._load),
            self._job("canceling", cancel.run_once),
            self._job("events", FollowEvents(at).run_once, every=0.5),
            self._job("reconciliation", reconcile.run_once),
            self._job("protection", ProtectPositions(at, unprotected_limit=_UNPROTECTED).run_once),
            self._job("comparison", lambda: compared(books, reconcile), every=5.0),
            self._job("watch", watch.run_once, every=2.0),
            self._job("lock", self._look_at_lock),
        ]

    async def execute(self, signal_id: str) -> Executed | Denied | None:
        """As Trader.execute; None when the trader has not started yet."""
        if self._executions is None or not self.is_ready:
            return None
        refusal = self.gate.refusal()
        outcome = refusal or await self._executions.run(signal_id, approved_by="olivia")
        if isinstance(outcome, Executed):
            self._ports.watch.answered(signal_id, outcome)
        return outcome

    @property
    def is_fenced(self) -> bool:
        """Whether somebody should restart it."""
        return bool(self.gate.alarms())

    def _job(self, name: str, action: Callable[[], Awaitable[object]], *, every: float = 1.0) -> PeriodicJob:
        async def watched() -> None:
            try:
                await action()
            except Conflict as error:
                if "another trader has taken over" not in str(error):
                    self._ports.watch.fail("BUG", f"{name}: {error!r}")
                raise
            except PortError as error:
                self._ports.note(f"{name}: {error!r}")
                raise
            except InvalidValue as error:
                if name == "protection":  # a venue that rejects an exit again and again is for people
                    raise
                self._ports.watch.fail(
                    "BUG", f"{name} does not believe a broker that tells the truth: {error}"
                )
                raise
            except Exception as error:
                self._ports.watch.fail("BUG", f"{name}: {error!r}")
                raise

        return PeriodicJob(name, watched, interval_seconds=every, gate=self.gate)

    async def _load(self) -> None:
        artifact, began = self._ports.artifact, self._ports.clock.monotonic_ns() / 1e9
        async with self._ports.unit_of_work.begin() as transaction:
            standing = await transaction.grounds.standing(ACCOUNT, artifact_id=artifact.artifact_id)
        self._loaded_ids = {artifact.payload_sha256: artifact.artifact_id} if standing.is_loadable else {}
        self._looked_at = began

    async def _look_at_lock(self) -> None:
        if not await self._ports.lock.held():
            self.gate.fence("this trader has lost its lock")

    def _that_may_enter(self) -> Mapping[str, EntryRight]:
        if not (self._ports.clock.monotonic_ns() / 1e9 - self._looked_at <= _FRESH_FOR_SECONDS):
            return {}
        return {
            payload: replace(right_to_enter(self._ports.artifact), artifact_id=artifact_id)
            for payload, artifact_id in self._loaded_ids.items()
        }
