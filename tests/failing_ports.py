"""Ports that fail at one chosen call, around adapters that do their work: the faults are real effects."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum

from jax.domain.account import AccountSnapshot
from jax.domain.order import Order
from jax.domain.quote import Quote
from jax.ports.broker import Broker, BrokerStatus, JournalPage, OrderReport, WorkingOrder
from jax.ports.errors import NotFound, OutcomeUnknown, Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork


class Crash(BaseException):
    """The process has died here: nothing after this point runs."""


class Fault(Enum):
    """What goes wrong at a call."""

    REFUSED_BEFORE = "nothing is done, and the caller hears so"
    LOST_AFTER = "it is done, and the caller hears that it may have been"
    LOST_BEFORE = "nothing is done, and the caller hears that it may have been"
    CRASH_BEFORE = "the process dies before it is done"
    CRASH_AFTER = "the process dies after it was done"


@dataclass(slots=True)
class Fuse:
    """Counts calls and fails at number `at` (from 1; 0 never) with `fault`."""

    at: int = 0
    fault: Fault = Fault.REFUSED_BEFORE
    calls: int = 0
    log: list[str] = field(default_factory=list)

    def before(self, call: str) -> bool:
        """Raises what belongs before the call; True when something is to be raised after it."""
        self.calls += 1
        self.log.append(call)
        if self.calls != self.at:
            return False
        if self.fault is Fault.REFUSED_BEFORE:
            raise Unavailable(f"{call}: refused")
        if self.fault is Fault.LOST_BEFORE:
            raise OutcomeUnknown(f"{call}: no answer")
        if self.fault is Fault.CRASH_BEFORE:
            raise Crash(call)
        return True

    def after(self, call: str, *, failing: bool) -> None:
        if failing:
            raise Crash(call) if self.fault is Fault.CRASH_AFTER else OutcomeUnknown(f"{call}: no answer")


class PassingBroker:
    """A Broker that only passes on; what stands between the trader and a venue in a test overrides some."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def is_live(self) -> bool:
        return self._broker.is_live

    @property
    def has_brackets(self) -> bool:
        return self._broker.has_brackets

    @property
    def name(self) -> str:
        return self._broker.name

    async def place(self, order: Order) -> OrderReport:
        return await self._broker.place(order)

    async def query(self, client_order_id: str) -> OrderReport:
        return await self._broker.query(client_order_id)

    async def cancel(self, client_order_id: str) -> OrderReport:
        return await self._broker.cancel(client_order_id)

    async def account(self, account: str) -> AccountSnapshot:
        return await self._broker.account(account)

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await self._broker.positions(account)

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return await self._broker.working_orders(account)

    async def quote(self, symbol: str) -> Quote:
        return await self._broker.quote(symbol)

    async def raise_epoch(self, account: str, epoch: int) -> None:
        await self._broker.raise_epoch(account, epoch)

    async def kill(self, account: str, *, reason: str) -> None:
        await self._broker.kill(account, reason=reason)

    async def release_kill(self, account: str) -> None:
        await self._broker.release_kill(account)

    async def status(self, account: str) -> BrokerStatus:
        return await self._broker.status(account)

    async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
        """By way of `query`, so that what overrides it answers here as well."""
        said: dict[str, OrderReport | None] = {}
        for name in client_order_ids:
            with contextlib.suppress(Unavailable, OutcomeUnknown):
                try:
                    said[name] = await self.query(name)
                except NotFound:
                    said[name] = None
        return said

    async def events(self, *, after: int, limit: int = 1000) -> JournalPage:
        return await self._broker.events(after=after, limit=limit)


class FailingBroker(PassingBroker):
    """A Broker whose every call passes the fuse, and that counts what reached the venue."""

    def __init__(self, broker: Broker, fuse: Fuse) -> None:
        super().__init__(broker)
        self._fuse = fuse
        self.placed: list[str] = []

    async def place(self, order: Order) -> OrderReport:
        failing = self._fuse.before("place")
        self.placed.append(order.client_order_id)
        report = await self._broker.place(order)
        self._fuse.after("place", failing=failing)
        return report

    async def query(self, client_order_id: str) -> OrderReport:
        failing = self._fuse.before("query")
        report = await self._broker.query(client_order_id)
        self._fuse.after("query", failing=failing)
        return report

    async def cancel(self, client_order_id: str) -> OrderReport:
        failing = self._fuse.before("cancel")
        report = await self._broker.cancel(client_order_id)
        self._fuse.after("cancel", failing=failing)
        return report

    async def account(self, account: str) -> AccountSnapshot:
        failing = self._fuse.before("account")
        snapshot = await self._broker.account(account)
        self._fuse.after("account", failing=failing)
        return snapshot


class _RolledBack(Exception):
    """Makes the real transaction roll back."""


class FailingUnitOfWork:
    """A UnitOfWork whose commits pass the fuse."""

    def __init__(self, unit_of_work: UnitOfWork, fuse: Fuse) -> None:
        self._unit_of_work = unit_of_work
        self._fuse = fuse

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        failing, before = False, None
        try:
            async with self._unit_of_work.begin() as transaction:
                yield transaction
                try:
                    failing = self._fuse.before("commit")
                except (Unavailable, OutcomeUnknown, Crash) as error:
                    before = error
                    raise _RolledBack from error
        except _RolledBack:
            if before is not None:
                raise before from None
        self._fuse.after("commit", failing=failing)
