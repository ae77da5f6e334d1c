"""From an approved signal to at most one order at the broker."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jax.domain.controls import TradingMode
from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.trade import Trade
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_means import BrokerMeans
from jax.modules.execution.keyed_execution import Asked
from jax.modules.execution.record_order import ExecutionRequest, TradingAccount, record_order
from jax.modules.execution.send_order import SendOrder
from jax.ports.broker import Broker
from jax.ports.clock import Clock
from jax.ports.errors import PortError, Unavailable

_MOST_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Executed:
    """The trade of the signal and its order as it stands; `repeated` when it was there before the call."""

    trade: Trade
    order: Order
    repeated: bool


class ExecuteSignal:
    """Record, commit, ask the gate once more, send, record the answer, commit.

    A revocation waits for nobody, so one that is committed after that last question and before the broker
    has the order does not stop it: it is canceled as a working entry (CancelEntries).

    A crash or an error between the two commits leaves an order in PENDING_NEW or UNKNOWN, which
    reconciliation resolves by asking the broker; nothing is ever sent twice for one signal.
    """

    def __init__(
        self,
        *,
        unit_of_work: BookedUnitOfWork,
        broker: Broker,
        clock: Clock,
        trading: TradingAccount,
        loaded: Callable[[], Mapping[str, EntryRight]],
    ) -> None:
        """`loaded` says what this trader may enter for now, by the hashes of its artifacts."""
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._clock = clock
        self._trading = trading
        self._loaded = loaded
        self._means = BrokerMeans(broker, trading.account, clock)
        self._sender = SendOrder(unit_of_work=unit_of_work, broker=broker, clock=clock)
        self._one_at_a_time = asyncio.Lock()

    async def execute(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Executed | Denied:
        """The trade of the signal, or why there is none.

        NotFound for an unknown signal; Unavailable when the database could not be reached before anything
        was recorded; OutcomeUnknown when it was lost during the first commit: nothing was sent then, and the
        same call may be made again. Under a `key` the answer of the decision is kept with it for good.
        """
        recorded = await self._record(Asked(self._trading.account, signal_id, approved_by, key))
        if isinstance(recorded, Denied | Executed):
            return recorded
        trade, order = recorded
        sent = await self._sender.send(order, hold_back=self._reason_to_hold_back)
        return Executed(trade, sent, repeated=False)

    async def _record(self, asked: Asked) -> tuple[Trade, Order] | Executed | Denied:
        for _ in range(_MOST_LOOKS):
            async with self._unit_of_work.begin() as transaction:
                kept = await asked.answer(transaction)
                if kept is not None:
                    return _as_repeat(kept)
                before = await transaction.orders.trade_of_signal(asked.signal_id)
                symbol = (await transaction.signals.read(asked.signal_id)).symbol
                book = self._unit_of_work.newest_book or await self._unit_of_work.book(transaction)
            if before is not None:
                return await self._repeat(asked, before)
            try:
                means, quote = await self._means.of(symbol, book)
            except PortError as error:
                return Denied(ReasonCode.BROKER_UNAVAILABLE, f"{self._broker.name} does not answer: {error}")
            request = ExecutionRequest(
                signal_id=asked.signal_id,
                approved_by=asked.approved_by,
                venue=self._broker.name,
                is_live=self._broker.is_live,
                means=means,
                quote=quote,
                at=self._clock.now(),
            )
            recorded = await self._commit(request, asked)
            if recorded is not None:
                return recorded
        raise Unavailable("the record of the account is loaded again and again; nothing was sent: try again")

    async def _repeat(self, asked: Asked, before: tuple[Trade, Order]) -> Executed | Denied:
        """The trade that was there before; a key that is new stands for it from now on."""
        if asked.key is not None:
            async with self._unit_of_work.begin() as transaction:
                await transaction.orders.lock_account(asked.account)
                kept = await asked.answer(transaction)
                if kept is not None:
                    return _as_repeat(kept)
                await asked.keep(transaction, before, at=self._clock.now())
        return Executed(*before, repeated=True)

    async def _commit(
        self, request: ExecutionRequest, asked: Asked
    ) -> tuple[Trade, Order] | Executed | Denied | None:
        """None when the means belong to a book that is not the account's any more: ask for them again."""
        # One at a time: connections that wait for the account's row would be missing elsewhere.
        async with self._one_at_a_time, self._unit_of_work.begin() as transaction:
            # Locking the account first makes a second caller wait here until the first has recorded.
            book = await self._unit_of_work.book(transaction)
            kept = await asked.answer(transaction)
            if kept is not None:
                return _as_repeat(kept)
            before = await transaction.orders.trade_of_signal(request.signal_id)
            if before is None and book is not request.means.book:
                return None
            recorded = before or await record_order(transaction, self._trading, request, self._loaded())
            await asked.keep(transaction, recorded, at=request.at)
            return recorded if before is None else Executed(*before, repeated=True)

    async def _reason_to_hold_back(self, order: Order) -> str | None:
        """Why the recorded order stays in the house; nothing may come between a None and the sending."""
        # The commit, or this process, may have stood still for as long as it took to revoke the artifact, and
        # the trader may not have heard of it yet.
        try:
            async with self._unit_of_work.begin() as transaction:
                is_loadable = await transaction.artifacts.is_loadable(order.artifact_id)
                controls = await transaction.controls.get(order.account)
        except PortError:
            return "GATE_NOT_READ"
        right = self._loaded().get(order.artifact_hash)
        if not is_loadable or right is None or right.artifact_id != order.artifact_id:
            return ReasonCode.ARTIFACT_NOT_LOADABLE
        if controls.kill is not None or self._trading.kills():
            return ReasonCode.KILL_SWITCH
        if controls.mode_of(order.strategy) is not TradingMode.NORMAL:
            return ReasonCode.MODE_REDUCE
        return None


def _as_repeat(kept: tuple[Trade, Order] | Denied) -> Executed | Denied:
    return kept if isinstance(kept, Denied) else Executed(*kept, repeated=True)
