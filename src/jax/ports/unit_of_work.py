"""One transaction over everything that is stored in the system of record."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from jax.ports.account_controls import AccountControlStore
from jax.ports.advice_store import AdviceOutbox
from jax.ports.artifact_store import ArtifactStore
from jax.ports.audit_log import AuditLog
from jax.ports.entry_grounds import EntryGrounds
from jax.ports.event_bus import EventPublisher
from jax.ports.gate_record import GateRecord
from jax.ports.heard_journals import HeardJournals
from jax.ports.keyed_requests import KeyedRequests
from jax.ports.market_data import MarketData
from jax.ports.order_store import OrderStore
from jax.ports.reference_data import ReferenceData
from jax.ports.release_store import ReleaseStore
from jax.ports.running_traders import RunningTraders
from jax.ports.signal_store import SignalStore


class Transaction(Protocol):
    """The stores, all within one transaction."""

    @property
    def artifacts(self) -> ArtifactStore: ...

    @property
    def releases(self) -> ReleaseStore: ...

    @property
    def signals(self) -> SignalStore: ...

    @property
    def orders(self) -> OrderStore: ...

    @property
    def grounds(self) -> EntryGrounds: ...

    @property
    def controls(self) -> AccountControlStore: ...

    @property
    def running(self) -> RunningTraders: ...

    @property
    def requests(self) -> KeyedRequests: ...

    @property
    def heard(self) -> HeardJournals: ...

    @property
    def bars(self) -> MarketData: ...

    @property
    def reference(self) -> ReferenceData: ...

    @property
    def audit(self) -> AuditLog: ...

    @property
    def record(self) -> GateRecord: ...

    @property
    def advice(self) -> AdviceOutbox: ...

    @property
    def events(self) -> EventPublisher: ...


class UnitOfWork(Protocol):
    """Opens transactions."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Unavailable when it cannot be opened or a statement finds the connection gone before the commit
        (nothing was done); OutcomeUnknown when the connection is lost during the commit; Conflict when the
        database refuses what was written: that may be heard as late as with the commit. A durable commit:
        what was committed survives a crash.
        """
        ...
