"""Transactions on Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jax.adapters.postgres.account_controls import PostgresAccountControls
from jax.adapters.postgres.advice_outbox import PostgresAdviceOutbox
from jax.adapters.postgres.artifact_store import PostgresArtifactStore
from jax.adapters.postgres.audit_log import PostgresAuditLog
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.entry_grounds import PostgresEntryGrounds
from jax.adapters.postgres.event_bus import PostgresEventPublisher
from jax.adapters.postgres.gate_record import PostgresGateRecord
from jax.adapters.postgres.heard_journals import PostgresHeardJournals
from jax.adapters.postgres.keyed_requests import PostgresKeyedRequests
from jax.adapters.postgres.market_data import PostgresMarketData
from jax.adapters.postgres.order_store import PostgresOrderStore
from jax.adapters.postgres.reference_data import PostgresReferenceData
from jax.adapters.postgres.release_store import PostgresReleaseStore
from jax.adapters.postgres.running_traders import PostgresRunningTraders
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.signal_store import PostgresSignalStore


@dataclass(frozen=True, slots=True)
class PostgresTransaction:
    """The stores, all on one connection."""

    artifacts: PostgresArtifactStore
    releases: PostgresReleaseStore
    signals: PostgresSignalStore
    orders: PostgresOrderStore
    grounds: PostgresEntryGrounds
    controls: PostgresAccountControls
    running: PostgresRunningTraders
    requests: PostgresKeyedRequests
    heard: PostgresHeardJournals
    bars: PostgresMarketData
    reference: PostgresReferenceData
    audit: PostgresAuditLog
    record: PostgresGateRecord
    advice: PostgresAdviceOutbox
    events: PostgresEventPublisher


class PostgresUnitOfWork:
    """Opens transactions at READ COMMITTED, each on a connection of the pool."""

    def __init__(self, database: PostgresDatabase, *, in_shadow: bool = False) -> None:
        """`in_shadow`: what a trader writes goes to schema `shadow`, and is read from there."""
        self._database = database
        self._in_shadow = in_shadow

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        async with open_session(self._database, in_shadow=self._in_shadow) as session:
            yield _transaction(session)
            await session.commit()


@asynccontextmanager
async def open_session(database: PostgresDatabase, *, in_shadow: bool = False) -> AsyncIterator[Session]:
    """A session on a connection of the pool; what it has not committed by the block's end is rolled back."""
    async with database.transaction() as (connection, transaction):
        yield Session(connection, transaction, database.address, in_shadow=in_shadow)


def _transaction(session: Session) -> PostgresTransaction:
    orders, audit = PostgresOrderStore(session), PostgresAuditLog(session)
    return PostgresTransaction(
        artifacts=PostgresArtifactStore(session),
        releases=PostgresReleaseStore(session),
        signals=PostgresSignalStore(session),
        orders=orders,
        grounds=PostgresEntryGrounds(session, orders, audit),
        controls=PostgresAccountControls(session),
        running=PostgresRunningTraders(session),
        requests=PostgresKeyedRequests(session),
        heard=PostgresHeardJournals(session),
        bars=PostgresMarketData(session),
        reference=PostgresReferenceData(session),
        audit=audit,
        record=PostgresGateRecord(session),
        advice=PostgresAdviceOutbox(session),
        events=PostgresEventPublisher(session),
    )
