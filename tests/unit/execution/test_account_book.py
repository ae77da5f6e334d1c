"""A book that is kept up is the book that would be loaded, whatever is written, by whom, and how it ends."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.fill import Fill
from jax.domain.order import Order, OrderLeg, OrderType
from jax.domain.order_status import OPEN, ORDER_TRANSITIONS, OrderStatus
from jax.domain.side import Side
from jax.modules.execution.account_book import AccountBook
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.checked_books import CheckedBooks
from tests.contract.stored_values import ACCOUNT, NOW, artifact, fill, order, signal, store_artifact, trade

_S = OrderStatus
_ORDERS_KEPT_FOR = timedelta(minutes=2)


def _differ(difference: str) -> None:
    raise AssertionError(difference)


class _Undone(Exception):
    """The transaction is not committed."""


class KeptBook(RuleBasedStateMachine):
    """Random steps of orders, by the process that keeps the book and behind its back."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = SettableClock(NOW)
        self.stores = MemoryUnitOfWork(MemoryDatabase())
        self.books = CheckedBooks(
            self.stores, ACCOUNT, clock=self.clock, orders_kept_for=_ORDERS_KEPT_FOR, told=_differ
        )
        self.orders: dict[str, Order] = {}
        self.executions = 0

    def teardown(self) -> None:
        self.look()
        self.runner.close()

    @initialize()
    def store_an_artifact(self) -> None:
        self.runner.run(store_artifact(self.stores, artifact()))

    @rule(
        symbol=st.sampled_from(["AAPL", "MSFT"]),
        side=st.sampled_from(list(Side)),
        behind=st.booleans(),
        undone=st.booleans(),
    )
    def enter(self, *, symbol: str, side: Side, behind: bool, undone: bool) -> None:
        name = f"{len(self.orders)}"
        stop = Decimal(145) if side is Side.BUY else Decimal(155)
        decided = replace(
            signal(artifact(), f"sg{name}"), symbol=symbol, side=side, stop_loss=stop, take_profit=None
        )
        new = replace(order(decided, f"jx{name}", created_at=self.clock.now()), quantity=Decimal(10))
        recorded = replace(trade(new, decided), submitted_at=self.clock.now(), position_value=Decimal(1500))

        async def write(transaction: Transaction) -> None:
            await transaction.signals.add(decided)
            await transaction.orders.add(new, recorded)

        if self._write(write, behind=behind, undone=undone):
            self.orders[new.client_order_id] = new

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), behind=st.booleans())
    def take_a_step(self, *, data: st.DataObject, behind: bool) -> None:
        before = self._drawn(data, lambda found: bool(self._steps(found)))
        if before is None:
            return
        status = data.draw(st.sampled_from(self._steps(before)))
        self._save(before.moved_to(status, at=self.clock.now()), behind=behind)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), behind=st.booleans(), old=st.booleans())
    def fill_some(self, *, data: st.DataObject, behind: bool, old: bool) -> None:
        before = self._drawn(data, lambda found: found.leaves_quantity > 0 and found.status is not _S.DENIED)
        if before is None:
            return
        self.executions += 1
        quantity = data.draw(st.integers(1, int(before.leaves_quantity)))
        at = NOW - timedelta(days=3) if old else self.clock.now()
        price = str(data.draw(st.integers(90, 110)))
        told = replace(fill(before, f"x{self.executions}", quantity=quantity, price=price), ts_event=at)
        after = before.with_fill(told, at=self.clock.now())

        async def write(transaction: Transaction) -> None:
            await transaction.orders.get(before.client_order_id)
            assert await transaction.orders.add_fill(ACCOUNT, told)
            await transaction.orders.save(after)

        self._write(write, behind=behind)
        self.orders[after.client_order_id] = after

    @precondition(lambda self: self.executions)
    @rule(data=st.data(), behind=st.booleans(), to_nothing=st.booleans())
    def correct_a_fill(self, *, data: st.DataObject, behind: bool, to_nothing: bool) -> None:
        async def counting(client_order_id: str) -> list[Fill]:
            async with self.stores.begin() as transaction:
                return list(await transaction.orders.fills_of(client_order_id))

        before = self._drawn(data, lambda found: found.filled_quantity > 0)
        if before is None or before.reduces_only or self._exits_of(before):
            return
        fills = self.runner.run(counting(before.client_order_id))
        wrong = data.draw(st.sampled_from(fills))
        right = replace(
            wrong,
            revision=wrong.revision + 1,
            quantity=Decimal(0) if to_nothing else wrong.quantity,
            price=Decimal(99),
        )
        after = before.with_corrected_fills(
            [right if one is wrong else one for one in fills], at=self.clock.now()
        )

        async def write(transaction: Transaction) -> None:
            await transaction.orders.get(before.client_order_id)
            assert await transaction.orders.add_fill(ACCOUNT, right)
            await transaction.orders.save(after)

        self._write(write, behind=behind)
        self.orders[after.client_order_id] = after

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), leg=st.sampled_from([OrderLeg.STOP, OrderLeg.CLOSE]), behind=st.booleans())
    def leave(self, *, data: st.DataObject, leg: OrderLeg, behind: bool) -> None:
        entry = self._drawn(data, lambda found: not found.reduces_only and found.filled_quantity > 0)
        if entry is None:
            return
        exits = self._exits_of(entry)
        gone = sum((one.filled_quantity for one in exits), Decimal(0))
        leaving = sum(
            (one.leaves_quantity for one in exits if one.leg is leg and one.status in OPEN), Decimal(0)
        )
        held = entry.filled_quantity - gone - leaving
        if held <= 0:
            return
        way_out = replace(
            entry,
            client_order_id=f"jx-out{len(self.orders)}",
            leg=leg,
            revision=sum(one.leg is leg for one in exits),
            side=entry.side.opposite,
            order_type=OrderType.STOP,
            limit_price=None,
            stop_price=Decimal(80),
            quantity=held,
            status=_S.PENDING_NEW,
            filled_quantity=Decimal(0),
            average_price=None,
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        self._write(lambda transaction: transaction.orders.add_exit(way_out), behind=behind)
        self.orders[way_out.client_order_id] = way_out

    @rule(seconds=st.integers(1, 200) | st.integers(-30, -1))
    def wait(self, seconds: int) -> None:
        self.clock.jump_to(self.clock.now() + timedelta(seconds=seconds))

    @rule()
    def look(self) -> None:
        self.runner.run(_look(self.books))

    def _exits_of(self, entry: Order) -> list[Order]:
        return [one for one in self.orders.values() if one.signal_id == entry.signal_id and one.reduces_only]

    def _steps(self, found: Order) -> list[OrderStatus]:
        by_fills = {_S.PARTIALLY_FILLED, _S.FILLED}
        return sorted(ORDER_TRANSITIONS[found.status] - by_fills)

    def _drawn(self, data: st.DataObject, may: Callable[[Order], bool]) -> Order | None:
        chosen = [found for found in self.orders.values() if may(found)]
        return data.draw(st.sampled_from(chosen)) if chosen else None

    def _save(self, after: Order, *, behind: bool) -> None:
        async def write(transaction: Transaction) -> None:
            await transaction.orders.get(after.client_order_id)
            await transaction.orders.save(after)

        self._write(write, behind=behind)
        self.orders[after.client_order_id] = after

    def _write(self, write: Callable[[Transaction], object], *, behind: bool, undone: bool = False) -> bool:
        async def run() -> None:
            stores: UnitOfWork = self.stores if behind else self.books
            async with stores.begin() as transaction:
                await transaction.orders.lock_account(ACCOUNT)
                await write(transaction)  # type: ignore[misc]
                if undone:
                    raise _Undone

        with suppress(_Undone):
            self.runner.run(run())
        return not undone


async def _look(books: BookedUnitOfWork) -> AccountBook:
    async with books.begin() as transaction:
        return await books.book(transaction)


TestKeptBook = KeptBook.TestCase
TestKeptBook.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def _books(stores: UnitOfWork) -> BookedUnitOfWork:
    return BookedUnitOfWork(stores, ACCOUNT, clock=SettableClock(NOW), orders_kept_for=_ORDERS_KEPT_FOR)


async def _stored(books: UnitOfWork) -> Order:
    decided = signal(artifact())
    async with books.begin() as transaction:
        await transaction.orders.lock_account(ACCOUNT)
        await transaction.signals.add(decided)
        new = order(decided)
        await transaction.orders.add(new, trade(new, decided))
    return new


async def test_what_this_process_writes_does_not_load_the_book_again() -> None:
    stores = MemoryUnitOfWork(MemoryDatabase())
    await store_artifact(stores, artifact())
    books = _books(stores)
    first = await _look(books)
    new = await _stored(books)
    async with books.begin() as transaction:
        await transaction.orders.lock_account(ACCOUNT)
        await transaction.orders.save(new.moved_to(_S.NEW, at=NOW))
    assert await _look(books) is first
    assert {of: sums.entries(Side.BUY) for of, sums in first.open_orders.items()} == {"AAPL": Decimal(100)}
    assert first.entered_notional == Decimal(15025)


async def test_what_another_process_writes_loads_it_again() -> None:
    stores = MemoryUnitOfWork(MemoryDatabase())
    await store_artifact(stores, artifact())
    books = _books(stores)
    first = await _look(books)
    await _stored(stores)
    second = await _look(books)
    assert second is not first
    assert (len(first.open_orders), len(second.open_orders)) == (0, 1)


async def test_a_book_is_of_before_its_transaction() -> None:
    stores = MemoryUnitOfWork(MemoryDatabase())
    await store_artifact(stores, artifact())
    books = _books(stores)
    async with books.begin() as transaction:
        decided = signal(artifact())
        await transaction.signals.add(decided)
        new = order(decided)
        await transaction.orders.add(new, trade(new, decided))
        with pytest.raises(RuntimeError, match="before anything is written"):
            await books.book(transaction)


async def _enter(books: UnitOfWork, name: str, filled: int) -> Order:
    """A trade of 100 whose entry has filled at 150.2, at a commission of 0.35."""
    decided = signal(artifact(), f"sg{name}")
    new = order(decided, f"jx{name}")
    after = new.with_fill(fill(new, f"x{name}", quantity=filled), at=NOW)
    async with books.begin() as transaction:
        await transaction.orders.lock_account(ACCOUNT)
        await transaction.signals.add(decided)
        await transaction.orders.add(new, trade(new, decided))
    async with books.begin() as transaction:
        await transaction.orders.lock_account(ACCOUNT)
        await transaction.orders.add_fill(ACCOUNT, fill(new, f"x{name}", quantity=filled))
        await transaction.orders.save(after)
    return after


def _stop(entry: Order) -> Order:
    return replace(
        order(signal(artifact(), entry.signal_id), f"out-{entry.client_order_id}"),
        leg=OrderLeg.STOP,
        side=Side.SELL,
        order_type=OrderType.STOP,
        limit_price=None,
        stop_price=Decimal(140),
        quantity=entry.filled_quantity,
    )


async def test_a_way_out_of_what_is_held_is_followed_and_its_profit_counts_when_it_fills() -> None:
    stores = MemoryUnitOfWork(MemoryDatabase())
    await store_artifact(stores, artifact())
    books = _books(stores)
    book = await _look(books)
    entry = await _enter(books, "1", 100)
    out = _stop(entry)
    assert book.realized_since(NOW) == Decimal("-0.35")
    async with books.begin() as transaction:
        await transaction.orders.lock_account(ACCOUNT)
        await transaction.orders.add_exit(out)
    assert book.open_orders["AAPL"].exits(Side.SELL) == 100
    assert book.risk_taken_since(NOW) == Decimal("525.5")
    sold = fill(out, "x2", quantity=100, price="151.2")
    async with books.begin() as transaction:
        await transaction.orders.lock_account(ACCOUNT)
        await transaction.orders.add_fill(ACCOUNT, sold)
        await transaction.orders.save(out.with_fill(sold, at=NOW))
    assert await _look(books) is book
    assert book.open_orders == {}
    assert book.realized_since(NOW) == Decimal("99.3")
    assert book.positions["AAPL"].signed_quantity == 0


async def test_a_way_out_that_is_refused_leaves_what_was_risked() -> None:
    stores = MemoryUnitOfWork(MemoryDatabase())
    await store_artifact(stores, artifact())
    books = _books(stores)
    book = await _look(books)
    out = _stop(await _enter(books, "1", 100))
    for change in (None, out.moved_to(_S.REJECTED, at=NOW)):
        async with books.begin() as transaction:
            await transaction.orders.lock_account(ACCOUNT)
            await (transaction.orders.add_exit(out) if change is None else transaction.orders.save(change))
    assert await _look(books) is book
    assert book.risk_taken_since(NOW) == Decimal("525.5")


async def test_recent_orders_are_forgotten_in_time() -> None:
    book = AccountBook(ACCOUNT, change="", orders_kept_for=timedelta(minutes=2))
    for minute in range(20):
        decided = signal(artifact(), f"sg{minute}")
        new = order(decided, f"jx{minute}", created_at=NOW + timedelta(minutes=minute))
        book.enter(trade(new, decided), new)
    assert [book.recent.count(NOW + timedelta(minutes=minute)) for minute in (16, 18, 19)] == [3, 1, 0]
    assert book.recent.count(NOW - timedelta(days=1)) <= 6, "and not 20"
