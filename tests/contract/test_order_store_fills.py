"""What every OrderStore does with fills."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.artifact import Artifact
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.position import positions_of
from jax.domain.signal import Signal
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import (
    ACCOUNT,
    NOW,
    fill,
    minutes,
    order,
    signal,
    store_in_status,
    store_order,
    store_signal,
    trade,
)
from tests.contract.within import within

_S = OrderStatus


async def _get(unit_of_work: UnitOfWork, client_order_id: str = "jx1") -> Order:
    return await within(unit_of_work, lambda tx: tx.orders.get(client_order_id))


async def test_gives_back_the_fills_of_an_account_in_the_order_of_their_storing(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    mine = await store_in_status(unit_of_work, await store_signal(unit_of_work, active, "sg1"), _S.NEW)
    theirs = replace(order(await store_signal(unit_of_work, active, "sg2")), account="other")
    await within(unit_of_work, lambda tx: tx.orders.add(theirs, trade(theirs, signal(active, "sg2"))))
    late = replace(fill(mine, "x2", price="150.00000001"), ts_event=NOW + minutes(9))
    early = replace(fill(mine, "x1"), commission=Decimal(0))
    for account, new in ((ACCOUNT, late), ("other", fill(theirs, "x1")), (ACCOUNT, early)):
        async with unit_of_work.begin() as tx:
            assert await tx.orders.add_fill(account, new) is True
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills(ACCOUNT))) == [late, early]
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills("other"))) == [fill(theirs, "x1")]


async def test_a_fill_is_stored_once_by_its_execution_id(unit_of_work: UnitOfWork, approved: Signal) -> None:
    stored, _ = await within(unit_of_work, lambda tx: store_order(tx, approved))
    first = fill(stored, "x1")
    async with unit_of_work.begin() as tx:
        assert await tx.orders.add_fill(ACCOUNT, first) is True
        assert await tx.orders.add_fill(ACCOUNT, replace(first, quantity=Decimal(99))) is False
    assert await within(unit_of_work, lambda tx: tx.orders.add_fill(ACCOUNT, first)) is False
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills(ACCOUNT))) == [first]


async def test_of_eight_who_store_one_fill_at_once_one_stores_it(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored, _ = await within(unit_of_work, lambda tx: store_order(tx, approved))
    added = await asyncio.gather(
        *(within(unit_of_work, lambda tx: tx.orders.add_fill(ACCOUNT, fill(stored))) for _ in range(8))
    )
    assert sorted(added) == [False] * 7 + [True]


async def test_refuses_a_fill_of_an_order_that_the_account_does_not_have(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored, _ = await within(unit_of_work, lambda tx: store_order(tx, approved))
    await within(unit_of_work, lambda tx: tx.orders.lock_account("other"))
    with pytest.raises(Conflict, match="order"):
        await within(
            unit_of_work, lambda tx: tx.orders.add_fill(ACCOUNT, replace(fill(stored), client_order_id="jx9"))
        )
    with pytest.raises(Conflict, match="order"):
        await within(unit_of_work, lambda tx: tx.orders.add_fill("other", fill(stored)))
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills(ACCOUNT))) == []


async def test_a_correction_takes_the_place_of_what_it_corrects(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored, _ = await within(unit_of_work, lambda tx: store_order(tx, approved))
    first, second = fill(stored, "x1"), fill(stored, "x2", quantity=10)
    corrected = replace(first, revision=1, price=Decimal(151))
    async with unit_of_work.begin() as tx:
        assert [await tx.orders.add_fill(ACCOUNT, one) for one in (first, second, corrected)] == [True] * 3
    for read in (lambda tx: tx.orders.fills(ACCOUNT), lambda tx: tx.orders.fills_of("jx1")):
        assert list(await within(unit_of_work, read)) == [corrected, second]


async def test_an_older_revision_that_comes_late_changes_nothing(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored, _ = await within(unit_of_work, lambda tx: store_order(tx, approved))
    newest = replace(fill(stored), revision=2, quantity=Decimal(0))
    async with unit_of_work.begin() as tx:
        assert await tx.orders.add_fill(ACCOUNT, newest) is True
        for revision in (0, 1, 2):
            assert await tx.orders.add_fill(ACCOUNT, replace(fill(stored), revision=revision)) is False
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills(ACCOUNT))) == [newest]


async def test_the_fills_of_an_order_are_its_own(unit_of_work: UnitOfWork, active: Artifact) -> None:
    orders = [
        await store_in_status(unit_of_work, await store_signal(unit_of_work, active, name), _S.NEW)
        for name in ("sg1", "sg2")
    ]
    async with unit_of_work.begin() as tx:
        for number, of in enumerate(orders):
            await tx.orders.add_fill(ACCOUNT, fill(of, f"x{number}"))
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills_of("jx-sg2"))) == [
        fill(orders[1], "x1")
    ]
    assert list(await within(unit_of_work, lambda tx: tx.orders.fills_of("jx9"))) == []


async def test_what_is_held_is_what_the_fills_that_count_add_up_to(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    mine = await store_in_status(unit_of_work, await store_signal(unit_of_work, active, "sg1"), _S.NEW)
    other = await store_signal(unit_of_work, active, "sg2")
    theirs = replace(order(other), account="other")
    stored = [
        fill(mine, "x1", quantity=40),
        fill(mine, "x2", quantity=7),
        replace(fill(mine, "x3", quantity=5), side=mine.side.opposite),
        replace(fill(mine, "x4", quantity=3), symbol="MSFT"),
    ]
    async with unit_of_work.begin() as tx:
        await tx.orders.add(theirs, trade(theirs, other))
        await tx.orders.add_fill("other", fill(theirs, "x1", quantity=1000))
        for one in (*stored, replace(stored[1], revision=1, quantity=Decimal("2.5"))):
            await tx.orders.add_fill(ACCOUNT, one)
        await tx.orders.add_fill(ACCOUNT, replace(stored[3], revision=2, quantity=Decimal(0)))
    held = await within(unit_of_work, lambda tx: tx.orders.signed_quantities(ACCOUNT))
    assert {symbol: quantity for symbol, quantity in held.items() if quantity} == {"AAPL": Decimal("37.5")}
    fills = await within(unit_of_work, lambda tx: tx.orders.fills(ACCOUNT))
    assert held == {symbol: found.signed_quantity for symbol, found in positions_of(fills).items()}
    assert await within(unit_of_work, lambda tx: tx.orders.signed_quantities("nobody")) == {}


async def test_of_many_names_those_are_known_that_are_of_the_account(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    mine = await store_in_status(unit_of_work, await store_signal(unit_of_work, active, "sg1"), _S.CANCELED)
    other = await store_signal(unit_of_work, active, "sg2")
    theirs = replace(order(other, "jx2"), account="other")
    async with unit_of_work.begin() as tx:
        await tx.orders.add(theirs, trade(theirs, other))
    names = [mine.client_order_id, "jx2", "jx3"]
    assert set(await within(unit_of_work, lambda tx: tx.orders.known(ACCOUNT, names))) == {
        mine.client_order_id
    }
    assert set(await within(unit_of_work, lambda tx: tx.orders.known("other", names))) == {"jx2"}
    assert not await within(unit_of_work, lambda tx: tx.orders.known(ACCOUNT, []))


async def test_a_stored_fill_is_the_one_that_was_stored(unit_of_work: UnitOfWork, approved: Signal) -> None:
    mine = await store_in_status(unit_of_work, approved, _S.NEW)
    one = replace(
        fill(mine), quantity=Decimal("100"), price=Decimal("0.00000001"), commission=Decimal("1E+2")
    )
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, one)
    (found,) = await within(unit_of_work, lambda tx: tx.orders.fills(ACCOUNT))
    assert found == one
    assert hash(found) == hash(one)
    assert replace(found, revision=1).revision == 1
