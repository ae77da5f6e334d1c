"""An account on a real Postgres: its venue, and the traders that have it one after the other."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from jax.adapters.brokers.paper.broker import PaperBroker, open_paper_broker
from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.id_source import SequentialIdSource
from jax.adapters.memory.kill_switch import MemoryKillSwitch
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.domain.artifact import Artifact
from jax.domain.audit import next_entry
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order, OrderType
from jax.domain.session import ExchangeSession
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.domain.trade import Trade
from jax.modules.artifacts.submit_artifact import SubmitArtifact
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.cancel_entries import CancelEntries
from jax.modules.execution.cancel_order import CancelOrder
from jax.modules.execution.close_positions import ClosePositions
from jax.modules.execution.compare_books import CompareBooks
from jax.modules.execution.control_account import ControlAccount
from jax.modules.execution.execute_signal import Executed, ExecuteSignal
from jax.modules.execution.follow_events import FollowEvents
from jax.modules.execution.protect_positions import ProtectPositions
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.record_order import TradingAccount
from jax.ports.broker import Broker, OrderReport
from jax.ports.unit_of_work import UnitOfWork
from tests.checked_books import CheckedBooks
from tests.desk import APPLE, LIMITS, MICROSOFT, NOW, Desk, active_artifact, open_desk, submission
from tests.entry_rights import right_to_enter
from tests.failing_ports import PassingBroker
from tests.failpoints import FailingStores, Failpoints, failing_broker
from tests.gate_desk import GateDesk

SYMBOLS = (APPLE.symbol, MICROSOFT.symbol)
# For as long as all accounts of a test live one after the other.
_SESSION_LASTS = timedelta(days=7)


@dataclass(slots=True)
class Market:
    """What the accounts of a test share: one database, one clock, one artifact that may trade.

    Each account begins minutes after the last, so that none counts in the rates of another. People at the
    gate go by the clock on the wall, as the database does.
    """

    stores: UnitOfWork
    desk: Desk
    artifact: Artifact
    gate: GateDesk
    accounts: int = 0
    revoked: int = 0
    audited: int = 0

    @property
    def clock(self) -> SettableClock:
        return self.desk.clock

    async def bar(self, symbol: str, close: str) -> Bar:
        """The next minute's; it is stored."""
        self.clock.advance(timedelta(minutes=1))
        price, end = Decimal(close), self.clock.now()
        start, volume = end - timedelta(minutes=1), Decimal(1000)
        bar = Bar(symbol, Timeframe.MINUTE, start, end, price, price, price, price, volume)
        async with self.stores.begin() as transaction:
            await transaction.bars.append([bar])
        return bar

    async def ensure_artifact(self) -> None:
        """Another one when the last was revoked."""
        async with self.stores.begin() as transaction:
            standing = await transaction.grounds.standing("", artifact_id=self.artifact.artifact_id)
            if standing.is_loadable:
                return
        self.revoked += 1
        last_end = submission().data.last_end - timedelta(days=self.revoked)
        submit = SubmitArtifact(
            unit_of_work=self.stores,
            object_store=self.desk.objects,
            clock=SystemClock(),
            ids=SequentialIdSource(f"again{self.revoked}"),
        )
        desk = replace(self.desk, gate=self.gate, submit=submit)
        self.artifact = await active_artifact(desk, submission(last_end=last_end))

    async def check_chain(self) -> None:
        """What the audit log has got since the last look is chained whole."""
        async with self.stores.begin() as transaction:
            last = await transaction.audit.entry(self.audited) if self.audited else None
            while entries := await transaction.audit.entries_after(self.audited):
                for entry in entries:
                    assert entry == next_entry(entry.event, last=last), f"entry {entry.n} does not follow"
                    last, self.audited = entry, entry.n


@asynccontextmanager
async def open_market(database: PostgresDatabase) -> AsyncIterator[Market]:
    """An empty migrated database becomes a desk with one active artifact."""
    stores = PostgresUnitOfWork(database)
    async with open_desk(stores) as desk:
        async with stores.begin() as transaction:
            opens = NOW - timedelta(minutes=30)
            long = ExchangeSession("XNAS", NOW.date(), opens, opens + _SESSION_LASTS, is_half_day=False)
            await transaction.reference.put_sessions([long], [])
        yield Market(stores, desk, await active_artifact(desk), GateDesk(stores, SystemClock()))


class WatchedVenue(PassingBroker):
    """The venue's side of the bargain, where no trader can talk away what has arrived."""

    def __init__(self, broker: PaperBroker, clock: SettableClock, wrong: list[str]) -> None:
        super().__init__(broker)
        self.paper = broker
        self.is_killed = False
        self._clock = clock
        self._wrong = wrong
        self._floor = 0
        self._sent: set[str] = set()
        self._entries: defaultdict[str, set[str]] = defaultdict(set)

    async def raise_epoch(self, account: str, epoch: int) -> None:
        await super().raise_epoch(account, epoch)
        self._floor = max(self._floor, epoch)

    async def place(self, order: Order) -> OrderReport:
        if order.client_order_id in self._sent:
            self._wrong.append(f"{order.client_order_id} was sent twice")
        self._sent.add(order.client_order_id)
        floor, was_killed = self._floor, self.is_killed
        report = await super().place(order)
        self._check_taken(order, floor=floor, was_killed=was_killed)
        return report

    def _check_taken(self, order: Order, *, floor: int, was_killed: bool) -> None:
        if order.epoch < floor:
            self._wrong.append(f"{order.client_order_id} of epoch {order.epoch} was taken at {floor}")
        if was_killed:
            self._wrong.append(f"{order.client_order_id} was taken after a kill")
        if not (self._clock.now() <= order.deadline_at):
            self._wrong.append(f"{order.client_order_id} was taken past its deadline")
        if not order.reduces_only:
            entries = self._entries[order.signal_id]
            entries.add(order.client_order_id)
            if len(entries) > 1:
                self._wrong.append(f"signal {order.signal_id} has the orders {sorted(entries)}")


@dataclass(slots=True)
class WorkedAccount:
    """`wrong` says what must never have happened; `keys` are those under which signals are executed."""

    market: Market
    name: str
    venue: WatchedVenue
    wrong: list[str]
    switch: MemoryKillSwitch = field(default_factory=MemoryKillSwitch)
    signals: list[str] = field(default_factory=list)
    answers: dict[str, Trade] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    is_revoked: bool = False

    async def propose(self, symbol: str, price: str = "150") -> str:
        """An approved signal to buy, its stop five below and its target fifteen above."""
        entry, artifact, now = Decimal(price), self.market.artifact, self.market.clock.now()
        signal = Signal(
            signal_id=f"{self.name}-{len(self.signals)}",
            artifact_id=artifact.artifact_id,
            artifact_hash=artifact.payload_sha256,
            strategy=artifact.name,
            symbol=symbol,
            side=Side.BUY,
            entry_price=entry,
            stop_loss=entry - 5,
            take_profit=entry + 15,
            confidence=Decimal("0.75"),
            reason="test",
            ts_event=now,
            created_at=now,
        )
        async with self.market.stores.begin() as transaction:
            await transaction.signals.add(signal)
            await transaction.signals.save(signal.moved_to(SignalStatus.APPROVED, by="olivia", at=now))
        self.signals.append(signal.signal_id)
        return signal.signal_id

    async def quote(self, symbol: str, price: str) -> None:
        await self.venue.paper.on_bars([await self.market.bar(symbol, price)])

    async def start_trader(self) -> "Boot":
        """Whoever had the account before has lost it."""
        async with self.market.stores.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(self.name)
        await self.venue.raise_epoch(self.name, epoch)
        return Boot(self, epoch)

    async def revoke(self) -> None:
        self.is_revoked = True
        await self.market.gate.revoke(self.market.artifact)

    def answered(self, signal_id: str, outcome: object) -> None:
        """Equal requests have equal answers, whoever is asked."""
        if isinstance(outcome, Executed):
            first = self.answers.setdefault(signal_id, outcome.trade)
            if outcome.trade != first:
                self.wrong.append(f"{signal_id} is answered with {outcome.trade}, and was with {first}")

    async def orders(self) -> list[Order]:
        async with self.market.stores.begin() as transaction:
            return list(await transaction.orders.recorded_since(self.name, NOW - timedelta(days=1)))


class Boot:
    """One life of a trader's process: what it keeps in mind, and nothing of another life's."""

    def __init__(self, account: WorkedAccount, epoch: int) -> None:
        market, name = account.market, account.name
        self.points = Failpoints()
        stores: UnitOfWork = FailingStores(market.stores, self.points)
        broker: Broker = failing_broker(account.venue, self.points)
        self.books = CheckedBooks(
            stores,
            name,
            clock=market.clock,
            orders_kept_for=LIMITS.orders_looked_back,
            told=account.wrong.append,
        )
        kills = account.switch.reasons
        at = BrokerAccount(self.books, broker, market.clock, name, epoch, kills=kills)
        trading = TradingAccount(name, epoch, LIMITS, OrderType.LIMIT, kills)
        self.account = account
        self._signal = ExecuteSignal(
            unit_of_work=self.books,
            broker=broker,
            clock=market.clock,
            trading=trading,
            loaded=self._may_enter,
        )
        self.reconcile = ReconcileOrders(
            unit_of_work=self.books, broker=broker, clock=market.clock, account=name, epoch=epoch
        )
        self.cancel_entries = CancelEntries(
            unit_of_work=self.books, broker=broker, clock=market.clock, trading=trading, loaded=self._loaded
        )
        self.events = FollowEvents(at)
        self.protect = ProtectPositions(at, unprotected_limit=timedelta(seconds=10))
        self.compare = CompareBooks(at)
        self.control = ControlAccount(at, account.switch)
        self.cancel = CancelOrder(at)
        self.positions = ClosePositions(at)

    async def execute(self, signal_id: str) -> object:
        key = self.account.keys.get(signal_id)
        outcome = await self._signal.execute(signal_id, approved_by="olivia", key=key)
        self.account.answered(signal_id, outcome)
        return outcome

    def _loaded(self) -> Mapping[str, str]:
        artifact = self.account.market.artifact
        return {} if self.account.is_revoked else {artifact.payload_sha256: artifact.artifact_id}

    def _may_enter(self) -> Mapping[str, EntryRight]:
        # It has not heard of the revocation: the record has.
        artifact = self.account.market.artifact
        return {artifact.payload_sha256: right_to_enter(artifact)}


@asynccontextmanager
async def open_account(
    market: Market, *, volume_fraction: Decimal | None = None
) -> AsyncIterator[WorkedAccount]:
    """A new account that holds nothing, at a venue of its own that quotes every symbol at 150."""
    await market.ensure_artifact()
    market.accounts += 1
    market.clock.advance(timedelta(minutes=5))
    name, wrong = f"account{market.accounts}", list[str]()

    async def instrument_of(symbol: str) -> Instrument:
        return {APPLE.symbol: APPLE, MICROSOFT.symbol: MICROSOFT}[symbol]

    paper = PaperAccount(account=name, volume_fraction=volume_fraction)
    async with open_paper_broker(IN_MEMORY, paper, clock=market.clock, instrument_of=instrument_of) as broker:
        account = WorkedAccount(market, name, WatchedVenue(broker, market.clock, wrong), wrong)
        for symbol in SYMBOLS:
            await account.quote(symbol, "150")
        yield account
