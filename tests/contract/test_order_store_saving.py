"""What every OrderStore does with what the broker says of an order."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.artifact import Artifact
from jax.domain.order import Order
from jax.domain.order_status import ORDER_TRANSITIONS, OrderStatus
from jax.domain.side import Side
from jax.domain.signal import Signal
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import (
    ACCOUNT,
    NOW,
    fill,
    minutes,
    order,
    store_in_status,
    store_signal,
)
from tests.contract.within import within

_S = OrderStatus


async def _get(unit_of_work: UnitOfWork, client_order_id: str = "jx1") -> Order:
    return await within(unit_of_work, lambda tx: tx.orders.get(client_order_id))


async def _save(unit_of_work: UnitOfWork, changed: Order) -> None:
    await within(unit_of_work, lambda tx: tx.orders.save(changed))


def _filled(of: Order, quantity: int) -> Order:
    price = Decimal("150.25") if quantity else None
    return replace(of, filled_quantity=Decimal(quantity), average_price=price)


async def test_an_unknown_order_is_not_found(unit_of_work: UnitOfWork, approved: Signal) -> None:
    with pytest.raises(NotFound, match="jx9"):
        await _get(unit_of_work, "jx9")
    with pytest.raises(NotFound, match="jx9"):
        await _save(unit_of_work, order(approved, "jx9"))


@pytest.mark.parametrize("before", _S)
async def test_saves_the_steps_of_the_table_and_no_others(
    unit_of_work: UnitOfWork, active: Artifact, before: OrderStatus
) -> None:
    for index, after in enumerate(frozenset(_S) - {before}):
        decided = await store_signal(unit_of_work, active, f"sg{index}")
        stored = await store_in_status(unit_of_work, decided, before)
        moved = replace(stored, status=after, updated_at=NOW + minutes(2))
        if after in ORDER_TRANSITIONS[before]:
            await _save(unit_of_work, moved)
            assert await _get(unit_of_work, stored.client_order_id) == moved
        else:
            with pytest.raises(Conflict, match=f"no step leads from {before}"):
                await _save(unit_of_work, moved)
            assert await _get(unit_of_work, stored.client_order_id) == stored


async def test_saving_writes_what_the_broker_has_said(unit_of_work: UnitOfWork, approved: Signal) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.PENDING_NEW)
    said = replace(
        _filled(stored, 40),
        status=_S.PARTIALLY_FILLED,
        venue_order_id="v-77",
        reason_code="SLOW",
        not_found_count=3,
        updated_at=NOW + minutes(9),
    )
    await _save(unit_of_work, said)
    assert await _get(unit_of_work, "jx-sg1") == said


async def test_saving_never_changes_the_terms_of_an_order(unit_of_work: UnitOfWork, approved: Signal) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.PENDING_NEW)
    other_terms = replace(
        stored, status=_S.NEW, quantity=Decimal(7), side=Side.SELL, limit_price=Decimal(1), epoch=9
    )
    await _save(unit_of_work, other_terms)
    assert await _get(unit_of_work, "jx-sg1") == replace(stored, status=_S.NEW)


async def test_saving_touches_no_other_order(unit_of_work: UnitOfWork, active: Artifact) -> None:
    orders = [
        await store_in_status(unit_of_work, await store_signal(unit_of_work, active, name), _S.NEW)
        for name in ("sg1", "sg2")
    ]
    await _save(unit_of_work, replace(orders[0], status=_S.CANCELED))
    assert await _get(unit_of_work, "jx-sg2") == orders[1]


@pytest.mark.parametrize("status", _S)
async def test_a_count_may_be_written_without_a_step(
    unit_of_work: UnitOfWork, approved: Signal, status: OrderStatus
) -> None:
    stored = await store_in_status(unit_of_work, approved, status)
    counted = replace(stored, not_found_count=1, venue_order_id="v-1", updated_at=NOW + minutes(2))
    await _save(unit_of_work, counted)
    assert await _get(unit_of_work, "jx-sg1") == counted


@pytest.mark.parametrize("after", [_S.PARTIALLY_FILLED, _S.CANCELED])
async def test_the_filled_quantity_falls_by_a_correction_only(
    unit_of_work: UnitOfWork, approved: Signal, after: OrderStatus
) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.NEW)
    first = fill(stored, quantity=60)
    partly = stored.with_fill(first, at=NOW)
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, first)
        await tx.orders.save(partly)
    fewer = replace(_filled(partly, 50), status=after)
    with pytest.raises(Conflict):
        await _save(unit_of_work, fewer)
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, replace(first, revision=1, quantity=Decimal(50)))
        await tx.orders.save(fewer)
    assert await _get(unit_of_work, "jx-sg1") == fewer


@pytest.mark.parametrize("status", [_S.FILLED, _S.PARTIALLY_FILLED, _S.CANCELED, _S.EXPIRED])
async def test_what_a_correction_makes_of_an_order_is_kept(
    unit_of_work: UnitOfWork, approved: Signal, status: OrderStatus
) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.NEW)
    first = fill(stored, quantity=100 if status is _S.FILLED else 60)
    before = stored.with_fill(first, at=NOW)
    if status is not before.status:
        before = before.moved_to(status, at=NOW)
    bust = replace(first, revision=1, quantity=Decimal(0))
    after = before.with_corrected_fills([bust], at=NOW + minutes(1))
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, first)
        await tx.orders.save(before)
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, bust)
        await tx.orders.save(after)
    assert await _get(unit_of_work, "jx-sg1") == after
    assert after.filled_quantity == 0


@pytest.mark.parametrize("status", [_S.CANCELED, _S.EXPIRED, _S.REJECTED, _S.ABSENT])
@pytest.mark.parametrize("quantity", [40, 100])
async def test_a_fill_reopens_a_closed_order(
    unit_of_work: UnitOfWork, approved: Signal, status: OrderStatus, quantity: int
) -> None:
    stored = await store_in_status(unit_of_work, approved, status)
    reopened = stored.with_fill(fill(stored, quantity=quantity), at=NOW + minutes(5))
    await _save(unit_of_work, reopened)
    assert await _get(unit_of_work, "jx-sg1") == reopened


async def test_a_late_fill_of_an_order_that_stays_canceled_is_taken(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.CANCELED)
    late = stored.with_fill(fill(stored), at=NOW).moved_to(_S.CANCELED, at=NOW + minutes(5))
    await _save(unit_of_work, late)
    assert await _get(unit_of_work, "jx-sg1") == late


@pytest.mark.parametrize("status", [_S.DENIED, _S.INTENT, _S.UNKNOWN, _S.NEW])
async def test_a_fill_without_a_step_is_refused(
    unit_of_work: UnitOfWork, approved: Signal, status: OrderStatus
) -> None:
    stored = await store_in_status(unit_of_work, approved, status)
    with pytest.raises(Conflict, match="no step leads"):
        await _save(unit_of_work, _filled(stored, 40))
    assert await _get(unit_of_work, "jx-sg1") == stored


async def test_the_average_price_does_not_change_without_a_step(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.NEW)
    canceled = replace(_filled(stored, 40), status=_S.CANCELED)
    await _save(unit_of_work, canceled)
    with pytest.raises(Conflict, match="no step leads"):
        await _save(unit_of_work, replace(canceled, average_price=Decimal(1)))
    assert await _get(unit_of_work, "jx-sg1") == canceled


async def test_an_order_that_was_got_stays_as_it_is_until_the_transaction_ends(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    stored = await store_in_status(unit_of_work, approved, _S.NEW)
    async with unit_of_work.begin() as tx:
        await tx.orders.get("jx-sg1")
        canceling = asyncio.create_task(_save(unit_of_work, replace(stored, status=_S.CANCELED)))
        await asyncio.wait([canceling], timeout=0.2)
        assert not canceling.done()
        await tx.orders.save(replace(_filled(stored, 100), status=_S.FILLED))
    with pytest.raises(Conflict):
        await canceling
    assert (await _get(unit_of_work, "jx-sg1")).status is _S.FILLED
