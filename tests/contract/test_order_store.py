"""What every OrderStore does with accounts, new orders and trades."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderType
from jax.domain.order_status import FIRST_STATUSES, OrderStatus
from jax.domain.side import Side
from jax.domain.signal import Signal
from jax.ports.errors import Conflict, NotFound
from jax.ports.order_store import FillWritten, OrderWritten
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import (
    ACCOUNT,
    NOW,
    artifact,
    fill,
    minutes,
    order,
    store_artifact,
    store_order,
    store_signal,
    trade,
)
from tests.contract.within import within

_S = OrderStatus


async def _get(unit_of_work: UnitOfWork, client_order_id: str = "jx1") -> Order:
    return await within(unit_of_work, lambda tx: tx.orders.get(client_order_id))


async def test_locking_an_account_makes_its_row_with_epoch_0(unit_of_work: UnitOfWork) -> None:
    for _ in range(2):
        row = await within(unit_of_work, lambda tx: tx.orders.lock_account(ACCOUNT))
        assert (row.account, row.epoch) == (ACCOUNT, 0)


async def test_an_epoch_is_raised_above_one_that_it_was_behind(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        raised = [await tx.orders.raise_epoch(ACCOUNT, above=above) for above in (0, 1, 7, 7, 0)]
        assert raised == [1, 2, 8, 9, 10]
        assert (await tx.orders.lock_account(ACCOUNT)).epoch == 10
        assert await tx.orders.raise_epoch("new", above=4) == 5


async def test_raising_the_epoch_adds_one_for_that_account_only(unit_of_work: UnitOfWork) -> None:
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 1
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch(ACCOUNT)) == 2
    assert await within(unit_of_work, lambda tx: tx.orders.raise_epoch("other")) == 1
    async with unit_of_work.begin() as tx:
        assert (await tx.orders.lock_account(ACCOUNT)).epoch == 2


async def test_a_locked_account_stays_as_it_is_until_the_transaction_ends(unit_of_work: UnitOfWork) -> None:
    await within(unit_of_work, lambda tx: tx.orders.lock_account(ACCOUNT))
    async with unit_of_work.begin() as tx:
        await tx.orders.lock_account(ACCOUNT)
        raising = asyncio.create_task(within(unit_of_work, lambda other: other.orders.raise_epoch(ACCOUNT)))
        await asyncio.wait([raising], timeout=0.2)
        assert not raising.done()
        assert (await tx.orders.lock_account(ACCOUNT)).epoch == 0
    assert await raising == 1


@pytest.mark.parametrize("status", sorted(FIRST_STATUSES))
async def test_gives_back_the_order_and_trade_that_were_added(
    unit_of_work: UnitOfWork, approved: Signal, status: OrderStatus
) -> None:
    new = replace(order(approved), status=status)
    async with unit_of_work.begin() as tx:
        await tx.orders.add(new, trade(new, approved))
    assert await _get(unit_of_work) == new
    found = await within(unit_of_work, lambda tx: tx.orders.trade_of_signal("sg1"))
    assert found == (trade(new, approved), new)


async def test_gives_back_a_market_order_with_the_smallest_and_largest_numbers(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    new = replace(
        order(approved),
        side=Side.SELL,
        order_type=OrderType.MARKET,
        limit_price=None,
        quantity=Decimal("999999999999.99999999"),
        epoch=2**62,
    )
    recorded = replace(trade(new, approved), take_profit=None, risk_fraction=Decimal("0.00000001"))
    async with unit_of_work.begin() as tx:
        await tx.orders.add(new, recorded)
    found = await within(unit_of_work, lambda tx: tx.orders.trade_of_signal("sg1"))
    assert found == (recorded, new)


@pytest.mark.parametrize("status", sorted(frozenset(_S) - FIRST_STATUSES))
async def test_refuses_an_order_that_begins_in_the_middle(
    unit_of_work: UnitOfWork, approved: Signal, status: OrderStatus
) -> None:
    new = replace(order(approved), status=status)
    with pytest.raises(Conflict, match=status):
        await within(unit_of_work, lambda tx: tx.orders.add(new, trade(new, approved)))
    with pytest.raises(NotFound):
        await _get(unit_of_work)


@pytest.mark.parametrize("state", ArtifactState)
async def test_an_order_needs_an_artifact_that_is_released(
    unit_of_work: UnitOfWork, state: ArtifactState
) -> None:
    stored = await store_artifact(unit_of_work, artifact(), state=state)
    decided = await store_signal(unit_of_work, stored, "sg1")
    if state is ArtifactState.ACTIVE:
        await within(unit_of_work, lambda tx: store_order(tx, decided))
        assert await _get(unit_of_work) == order(decided)
    else:
        with pytest.raises(Conflict, match="artifact"):
            await within(unit_of_work, lambda tx: store_order(tx, decided))
        with pytest.raises(NotFound):
            await _get(unit_of_work)


@pytest.mark.parametrize(
    "wrong",
    [{"artifact_id": "art-9"}, {"artifact_hash": "sha256:" + "9" * 64}, {"signal_id": "sg9"}],
    ids=["unknown artifact", "other bytes", "unknown signal"],
)
async def test_refuses_an_order_of_bytes_or_of_a_signal_that_are_not_stored(
    unit_of_work: UnitOfWork, approved: Signal, wrong: dict[str, Any]
) -> None:
    new = replace(order(approved), **wrong)
    recorded = replace(trade(new, approved), signal_id=new.signal_id)
    with pytest.raises(Conflict):
        await within(unit_of_work, lambda tx: tx.orders.add(new, recorded))


async def test_refuses_an_order_of_another_loadable_artifact_than_its_signal_names(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    other = await store_artifact(unit_of_work, artifact("art-2", name="other"))
    new = replace(order(approved), artifact_id="art-2", artifact_hash=other.payload_sha256)
    with pytest.raises(Conflict, match="signal"):
        await within(unit_of_work, lambda tx: tx.orders.add(new, trade(new, approved)))


async def test_refuses_an_order_id_that_is_there_already(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal
) -> None:
    await within(unit_of_work, lambda tx: store_order(tx, approved))
    second = await store_signal(unit_of_work, active, "sg2")
    new = order(second, "jx1")
    recorded = replace(trade(new, second), trade_id="tr2")
    with pytest.raises(Conflict, match="stored already"):
        await within(unit_of_work, lambda tx: tx.orders.add(new, recorded))
    assert (await _get(unit_of_work)).signal_id == "sg1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"trade_id": "tr-jx1"},
        {"signal_id": "sg1"},
        {"client_order_id": "jx1"},
        {"artifact_hash": "sha256:" + "9" * 64},
    ],
    ids=["known trade id", "signal with a trade", "order with a trade", "other bytes than its order"],
)
async def test_refuses_a_trade_that_is_there_or_belongs_to_another_order(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal, wrong: dict[str, Any]
) -> None:
    await within(unit_of_work, lambda tx: store_order(tx, approved))
    second = await store_signal(unit_of_work, active, "sg2")
    new = order(second, "jx2")
    recorded = replace(trade(new, second), **wrong)
    with pytest.raises(Conflict):
        await within(unit_of_work, lambda tx: tx.orders.add(new, recorded))
    with pytest.raises(NotFound):
        await _get(unit_of_work, "jx2")


async def test_of_eight_who_trade_one_signal_at_once_one_does(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    async def trade_it(client_order_id: str) -> None:
        await within(unit_of_work, lambda tx: store_order(tx, approved, client_order_id))

    outcomes = await asyncio.gather(*(trade_it(f"jx{n}") for n in range(8)), return_exceptions=True)
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    assert len(await within(unit_of_work, lambda tx: tx.orders.trades(ACCOUNT))) == 1


async def test_lists_the_orders_of_an_account_in_some_statuses_oldest_first(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    for name, minute, account, status in (
        ("sg1", 3, ACCOUNT, _S.PENDING_NEW),
        ("sg2", 1, ACCOUNT, _S.INTENT),
        ("sg4", 2, ACCOUNT, _S.PENDING_NEW),
        ("sg3", 2, ACCOUNT, _S.PENDING_NEW),
        ("sg5", 0, ACCOUNT, _S.DENIED),
        ("sg6", 0, "other", _S.PENDING_NEW),
    ):
        decided = await store_signal(unit_of_work, active, name)
        new = order(decided, f"jx-{name}", created_at=NOW + minutes(minute))
        new = replace(new, account=account, status=status)
        async with unit_of_work.begin() as tx:
            await tx.orders.add(new, trade(new, decided))
    wanted = frozenset({_S.PENDING_NEW, _S.INTENT})
    found = await within(unit_of_work, lambda tx: tx.orders.in_status(ACCOUNT, wanted))
    assert [one.client_order_id for one in found] == ["jx-sg2", "jx-sg3", "jx-sg4", "jx-sg1"]
    assert list(await within(unit_of_work, lambda tx: tx.orders.in_status(ACCOUNT, frozenset()))) == []


async def test_lists_the_trades_of_an_account_newest_first(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    for name, minute, account in (
        ("sg1", 1, ACCOUNT),
        ("sg2", 3, ACCOUNT),
        ("sg3", 2, ACCOUNT),
        ("sg4", 4, "b"),
    ):
        decided = await store_signal(unit_of_work, active, name)
        new = replace(order(decided, f"jx-{name}"), account=account)
        recorded = trade(new, decided, submitted_at=NOW + minutes(minute))
        async with unit_of_work.begin() as tx:
            await tx.orders.add(new, recorded)
    found = await within(unit_of_work, lambda tx: tx.orders.trades(ACCOUNT))
    assert [(one.signal_id, its_order.client_order_id) for one, its_order in found] == [
        ("sg2", "jx-sg2"),
        ("sg3", "jx-sg3"),
        ("sg1", "jx-sg1"),
    ]
    newest = await within(unit_of_work, lambda tx: tx.orders.trades(ACCOUNT, limit=1))
    assert [one.signal_id for one, _ in newest] == ["sg2"]


@pytest.mark.parametrize("limit", [0, 1001])
async def test_refuses_a_limit_outside_1_to_1000(unit_of_work: UnitOfWork, limit: int) -> None:
    with pytest.raises(InvalidValue, match="limit"):
        await within(unit_of_work, lambda tx: tx.orders.trades(ACCOUNT, limit=limit))


async def test_a_signal_without_a_trade_has_none(unit_of_work: UnitOfWork, approved: Signal) -> None:
    assert await within(unit_of_work, lambda tx: tx.orders.trade_of_signal("sg1")) is None


async def test_an_account_tells_which_transaction_has_changed_its_orders_last(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    decided = await store_signal(unit_of_work, active, "sg1")
    async with unit_of_work.begin() as tx:
        first = await tx.orders.lock_account(ACCOUNT)
        other = await tx.orders.lock_account("other")
        await store_order(tx, decided)
    async with unit_of_work.begin() as tx:
        second = await tx.orders.lock_account(ACCOUNT)
        assert second.change == first.next_change != first.change
        # What it writes itself does not make its own row another one.
        await tx.orders.add_fill(ACCOUNT, fill(order(decided)))
        assert await tx.orders.lock_account(ACCOUNT) == second
        assert (await tx.orders.lock_account("other")).change == other.change
    async with unit_of_work.begin() as tx:
        third = await tx.orders.lock_account(ACCOUNT)
        assert third.change == second.next_change
    async with unit_of_work.begin() as tx:
        assert (await tx.orders.lock_account(ACCOUNT)).change == third.change


async def test_what_was_undone_has_changed_nothing(unit_of_work: UnitOfWork, active: Artifact) -> None:
    decided = await store_signal(unit_of_work, active, "sg1")
    before = (await within(unit_of_work, lambda tx: tx.orders.lock_account(ACCOUNT))).change

    async def undone() -> None:
        async with unit_of_work.begin() as tx:
            await store_order(tx, decided)
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        await undone()
    assert (await within(unit_of_work, lambda tx: tx.orders.lock_account(ACCOUNT))).change == before


async def test_a_transaction_knows_what_it_has_locked_and_written(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    decided = await store_signal(unit_of_work, active, "sg1")
    async with unit_of_work.begin() as tx:
        assert (tx.orders.locked(ACCOUNT), list(tx.orders.written)) == (None, [])
        row = await tx.orders.lock_account(ACCOUNT)
        assert tx.orders.locked(ACCOUNT) == row
        new, recorded = await store_order(tx, decided)
        told = fill(new)
        assert await tx.orders.add_fill(ACCOUNT, told)
        assert not await tx.orders.add_fill(ACCOUNT, told)
        after = new.with_fill(told, at=NOW)
        await tx.orders.save(after)
        assert list(tx.orders.written) == [
            OrderWritten(new, None, recorded),
            FillWritten(ACCOUNT, told),
            OrderWritten(after, new),
        ]


async def test_lists_the_trades_since_a_moment_oldest_first(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    for name, minute, account in (
        ("sg1", 3, ACCOUNT),
        ("sg2", 1, ACCOUNT),
        ("sg3", 2, ACCOUNT),
        ("sg4", 3, "b"),
    ):
        decided = await store_signal(unit_of_work, active, name)
        new = replace(order(decided, f"jx-{name}"), account=account)
        async with unit_of_work.begin() as tx:
            await tx.orders.add(new, trade(new, decided, submitted_at=NOW + minutes(minute)))
    found = await within(unit_of_work, lambda tx: tx.orders.trades_since(ACCOUNT, NOW + minutes(2)))
    assert [(recorded.signal_id, stored.client_order_id) for recorded, stored in found] == [
        ("sg3", "jx-sg3"),
        ("sg1", "jx-sg1"),
    ]
