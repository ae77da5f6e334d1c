"""What must hold of an account at any moment, and what once everything has come to rest."""

from datetime import timedelta
from decimal import Decimal

from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import FAILED, OPEN, UNRESOLVED
from jax.domain.position import positions_of
from jax.domain.signal import SignalStatus
from tests.integration.execution.worked_account import Boot, WorkedAccount

# More than it takes to prove that an order is not at the broker, and to place what a position needs then.
_MOST_PASSES = 6


async def settle(account: WorkedAccount, boot: Boot) -> None:
    """Time passes, and a trader to whom nothing happens does its rounds until nothing changes any more."""
    boot.points.arm(0)
    for _ in range(_MOST_PASSES):
        account.market.clock.advance(timedelta(seconds=5))
        changed = await _one_round(account, boot)
        async with account.market.stores.begin() as transaction:
            unresolved = await transaction.orders.in_status(account.name, UNRESOLVED)
        if not changed and not unresolved:
            return


async def _one_round(account: WorkedAccount, boot: Boot) -> int:
    changed = await boot.cancel_entries.run_once()
    await boot.events.run_once()
    changed += await boot.reconcile.run_once()
    try:
        return changed + await boot.protect.run_once()
    except InvalidValue:
        assert account.venue.is_killed, "only a broker that is killed refuses every way out"
        return changed


async def check_now(account: WorkedAccount) -> None:
    """Nothing that must never happen has, and what works at the venue is reserved here."""
    assert account.wrong == []
    ours = {order.client_order_id: order for order in await account.orders()}
    for working in await account.venue.paper.working_orders(account.name):
        order = ours.get(working.client_order_id or "")
        assert order is not None, f"{working} has no record"
        assert order.status in OPEN, f"{working} is {order.status} here"
        assert order.leaves_quantity >= working.leaves_quantity, f"{working} is not reserved: {order}"
    _check_legs(list(ours.values()))


def _check_legs(orders: list[Order]) -> None:
    """One entry a signal, and its ways out never leave more than it took."""
    entries = {order.signal_id: order for order in orders if order.leg is OrderLeg.ENTRY}
    assert len(entries) == sum(order.leg is OrderLeg.ENTRY for order in orders)
    for signal_id, entry in entries.items():
        gone = sum(
            order.filled_quantity
            for order in orders
            if order.signal_id == signal_id and order.leg is not OrderLeg.ENTRY
        )
        assert gone <= entry.filled_quantity, f"{signal_id} left {gone} of {entry.filled_quantity}"


async def check_settled(account: WorkedAccount, boot: Boot) -> None:
    """Both sides say the same, and nothing waits for an answer."""
    await check_now(account)
    orders = await account.orders()
    async with account.market.stores.begin() as transaction:
        fills = await transaction.orders.fills(account.name)
        trades = dict(await transaction.orders.trades_of_signals(account.signals))
        on_record = [await transaction.grounds.before(signal_id) for signal_id in account.signals]
        statuses = {found.signal.signal_id: found.signal.status for found in on_record}
    theirs = {fill for _, fill in await account.venue.paper.executions(account.name, after=0, limit=10_000)}
    assert set(fills) == theirs
    held = {symbol: position.signed_quantity for symbol, position in positions_of(fills).items()}
    assert {symbol: quantity for symbol, quantity in held.items() if quantity} == dict(
        await account.venue.paper.positions(account.name)
    )
    assert not [order for order in orders if order.status in UNRESOLVED]
    working = await account.venue.paper.working_orders(account.name)
    assert {(order.client_order_id, order.leaves_quantity) for order in working} == {
        (order.client_order_id, order.leaves_quantity) for order in orders if order.status in OPEN
    }
    for order in orders:
        if order.leg is OrderLeg.ENTRY:
            final = SignalStatus.REJECTED if order.status in FAILED else SignalStatus.EXECUTED
            assert statuses[order.signal_id] is final
    for signal_id, answered in account.answers.items():
        assert trades[signal_id] == answered
    await _check_book(account, boot, orders)
    await account.market.check_chain()


async def _check_book(account: WorkedAccount, boot: Boot, orders: list[Order]) -> None:
    """The trader's book is the one that would be loaded, and reserves what its open entries may cost."""
    compared = boot.books.compared
    for _ in range(2):
        async with boot.books.begin() as transaction:
            book = await boot.books.book(transaction)
    assert boot.books.compared > compared
    assert account.wrong == []
    async with account.market.stores.begin() as transaction:
        trades = await transaction.orders.trades_of_signals(account.signals)
    reserved = sum(
        (
            order.leaves_quantity * trades[order.signal_id].position_value / trades[order.signal_id].quantity
            for order in orders
            if order.leg is OrderLeg.ENTRY and order.status in OPEN
        ),
        Decimal(0),
    )
    assert book.reserved == reserved
