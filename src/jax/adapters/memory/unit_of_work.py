"""Transactions within the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jax.adapters.memory.account_controls import MemoryAccountControls
from jax.adapters.memory.advice_store import MemoryAdviceOutbox
from jax.adapters.memory.artifact_store import MemoryArtifactStore
from jax.adapters.memory.audit_log import MemoryAuditLog
from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.entry_grounds import MemoryEntryGrounds
from jax.adapters.memory.event_bus import MemoryEventPublisher
from jax.adapters.memory.gate_record import MemoryGateRecord
from jax.adapters.memory.heard_journals import MemoryHeardJournals
from jax.adapters.memory.keyed_requests import MemoryKeyedRequests
from jax.adapters.memory.market_data import TransactionMarketData
from jax.adapters.memory.order_store import MemoryOrderStore
from jax.adapters.memory.reference_data import MemoryReferenceData
from jax.adapters.memory.release_store import MemoryReleaseStore
from jax.adapters.memory.running_traders import MemoryRunningTraders
from jax.adapters.memory.session import Session
from jax.adapters.memory.signal_store import MemorySignalStore


@dataclass(frozen=True, slots=True)
class MemoryTransaction:
    """The stores, all on one copy of the state."""

    artifacts: MemoryArtifactStore
    releases: MemoryReleaseStore
    signals: MemorySignalStore
    orders: MemoryOrderStore
    grounds: MemoryEntryGrounds
    controls: MemoryAccountControls
    running: MemoryRunningTraders
    requests: MemoryKeyedRequests
    heard: MemoryHeardJournals
    bars: TransactionMarketData
    reference: MemoryReferenceData
    audit: MemoryAuditLog
    record: MemoryGateRecord
    advice: MemoryAdviceOutbox
    events: MemoryEventPublisher


class MemoryUnitOfWork:
    """Opens transactions; one that writes or locks keeps other writers waiting until it ends."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[MemoryTransaction]:
        session = Session(self._database)
        try:
            yield _transaction(session)
            session.commit()
        finally:
            session.close()


def _transaction(session: Session) -> MemoryTransaction:
    artifacts, signals = MemoryArtifactStore(session), MemorySignalStore(session)
    orders, controls = MemoryOrderStore(session), MemoryAccountControls(session)
    reference = MemoryReferenceData(session)
    return MemoryTransaction(
        artifacts=artifacts,
        releases=MemoryReleaseStore(session),
        signals=signals,
        orders=orders,
        grounds=MemoryEntryGrounds(artifacts, signals, orders, controls, reference),
        controls=controls,
        running=MemoryRunningTraders(session),
        requests=MemoryKeyedRequests(session),
        heard=MemoryHeardJournals(session),
        bars=TransactionMarketData(session),
        reference=reference,
        audit=MemoryAuditLog(session),
        record=MemoryGateRecord(session),
        advice=MemoryAdviceOutbox(session),
        events=MemoryEventPublisher(session),
    )
