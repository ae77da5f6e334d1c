"""Commit 1 for a signal: what the broker says is asked for, then everything is decided and recorded."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.domain.trade import Trade
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_means import BrokerMeans
from jax.modules.execution.keyed_execution import Asked
from jax.modules.execution.record_order import ExecutionRequest, TradingAccount, record_order
from jax.ports.clock import Clock
from jax.ports.errors import PortError, Unavailable
from jax.ports.unit_of_work import Transaction

_MOST_LOOKS = 3
AndThen = Callable[[Transaction, Order], Awaitable[Order]]


@dataclass(frozen=True, slots=True)
class Executed:
    """The trade of the signal and its order as it stands; `repeated` when it was there before the call."""

    trade: Trade
    order: Order
    repeated: bool


@dataclass(frozen=True, slots=True)
class EntryRoute:
    """The name of what the order would go to, whether with real money, and whether it takes brackets."""

    venue: str
    is_live: bool
    has_brackets: bool = False


class RecordEntry:
    """Nothing is sent from here."""

    def __init__(
        self,
        unit_of_work: BookedUnitOfWork,
        means: BrokerMeans,
        clock: Clock,
        trading: TradingAccount,
        loaded: Callable[[], Mapping[str, EntryRight]],
    ) -> None:
        """`loaded` says what this trader may enter for now, by the hashes of its artifacts."""
        self._unit_of_work = unit_of_work
        self._means = means
        self._clock = clock
        self._trading = trading
        self._loaded = loaded
        self._one_at_a_time = asyncio.Lock()

    async def record(
        self, asked: Asked, *, route: EntryRoute, and_then: AndThen | None = None
    ) -> tuple[Trade, Order] | Executed | Denied:
        """The trade of the signal with its order, which nobody has heard of yet.

        `and_then` is done with the order in the transaction that records it. Raises as ExecuteSignal says.
        """
        for _ in range(_MOST_LOOKS):
            async with self._unit_of_work.begin() as transaction:
                kept = await asked.answer(transaction)
                if kept is not None:
                    return _as_repeat(kept)
                known = await transaction.grounds.before(asked.signal_id)
                book = self._unit_of_work.newest_book or await self._unit_of_work.book(transaction)
            if known.trade is not None:
                return await self._repeat(asked, known.trade)
            try:
                means, quote = await self._means.of(known.signal.symbol, book)
            except PortError as error:
                return Denied(ReasonCode.BROKER_UNAVAILABLE, f"{route.venue} does not answer: {error}")
            request = ExecutionRequest(
                signal_id=asked.signal_id,
                approved_by=asked.approved_by,
                venue=route.venue,
                is_live=route.is_live,
                means=means,
                quote=quote,
                at=self._clock.now(),
                has_brackets=route.has_brackets,
            )
            recorded = await self._commit(request, asked, and_then)
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
        self, request: ExecutionRequest, asked: Asked, and_then: AndThen | None
    ) -> tuple[Trade, Order] | Executed | Denied | None:
        """None when the means belong to a book that is not the account's any more: ask for them again."""
        # One at a time: connections that wait for the account's row would be missing elsewhere.
        async with self._one_at_a_time, self._unit_of_work.begin() as transaction:
            # Locking the account first makes a second caller wait here until the first has recorded.
            ground = await transaction.grounds.locked(asked.account, signal_id=asked.signal_id, at=request.at)
            book = await self._unit_of_work.book(transaction)
            kept = await asked.answer(transaction)
            if kept is not None:
                return _as_repeat(kept)
            before = ground.trade
            if before is None and book is not request.means.book:
                return None
            recorded = before or await record_order(
                transaction, self._trading, request, ground, self._loaded()
            )
            await asked.keep(transaction, recorded, at=request.at)
            if before is not None:
                return Executed(*before, repeated=True)
            if isinstance(recorded, Denied) or and_then is None:
                return recorded
            trade, order = recorded
            return trade, await and_then(transaction, order)


def _as_repeat(kept: tuple[Trade, Order] | Denied) -> Executed | Denied:
    return kept if isinstance(kept, Denied) else Executed(*kept, repeated=True)
