"""What every UnitOfWork does."""

import asyncio

import pytest

from jax.domain.bar import Timeframe
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import ACCOUNT, artifact, bar, signal, store_artifact, store_order


async def _bars_stored(unit_of_work: UnitOfWork) -> int:
    async with unit_of_work.begin() as tx:
        return len(await tx.bars.bars("AAPL", Timeframe.DAY))


async def test_a_block_that_ends_is_committed(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        await tx.bars.append([bar()])
    assert await _bars_stored(unit_of_work) == 1


async def test_a_block_that_returns_early_is_committed(unit_of_work: UnitOfWork) -> None:
    async def append() -> None:
        async with unit_of_work.begin() as tx:
            await tx.bars.append([bar()])
            return

    await append()
    assert await _bars_stored(unit_of_work) == 1


async def test_a_block_that_raises_stores_nothing_of_any_store(unit_of_work: UnitOfWork) -> None:
    active = await store_artifact(unit_of_work, artifact())
    with pytest.raises(ZeroDivisionError):
        async with unit_of_work.begin() as tx:
            await tx.bars.append([bar()])
            await tx.signals.add(signal(active))
            await store_order(tx, signal(active))
            raise ZeroDivisionError
    assert await _bars_stored(unit_of_work) == 0
    async with unit_of_work.begin() as tx:
        assert await tx.signals.list() == []
        assert await tx.orders.trades(ACCOUNT) == []


async def test_a_canceled_task_stores_nothing_and_leaves_no_lock_behind(unit_of_work: UnitOfWork) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with unit_of_work.begin() as tx:
            await tx.orders.raise_epoch(ACCOUNT)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with unit_of_work.begin() as tx:
        assert (await tx.orders.lock_account(ACCOUNT)).epoch == 0


async def test_a_transaction_sees_what_it_has_written_and_others_do_not(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        await tx.bars.append([bar()])
        assert len(await tx.bars.bars("AAPL", Timeframe.DAY)) == 1
        assert await _bars_stored(unit_of_work) == 0


async def test_an_open_transaction_sees_what_others_have_committed_since(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        assert await tx.bars.bars("AAPL", Timeframe.DAY) == ()
        async with unit_of_work.begin() as other:
            await other.bars.append([bar()])
        assert await tx.bars.bars("AAPL", Timeframe.DAY) == (bar(),)


async def test_nothing_that_follows_a_conflict_is_stored_even_if_it_is_caught(
    unit_of_work: UnitOfWork,
) -> None:
    await store_artifact(unit_of_work, artifact())
    with pytest.raises(Conflict, match="failed already"):
        async with unit_of_work.begin() as tx:
            await tx.bars.append([bar()])
            with pytest.raises(Conflict, match="already"):
                await tx.artifacts.add(artifact(), reason="again")
    assert await _bars_stored(unit_of_work) == 0


async def test_a_transaction_that_had_a_conflict_answers_nothing_more(unit_of_work: UnitOfWork) -> None:
    await store_artifact(unit_of_work, artifact())
    with pytest.raises(Conflict):
        async with unit_of_work.begin() as tx:
            with pytest.raises(Conflict):
                await tx.artifacts.add(artifact(), reason="again")
            await tx.artifacts.list()
            pytest.fail("a transaction without a future answered")


async def test_what_is_not_found_does_not_end_the_transaction(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        with pytest.raises(NotFound):
            await tx.artifacts.get("art-1")
        await tx.bars.append([bar()])
    assert await _bars_stored(unit_of_work) == 1


async def test_twenty_transactions_at_once_lose_no_update(unit_of_work: UnitOfWork) -> None:
    async def raise_epoch() -> int:
        async with unit_of_work.begin() as tx:
            row = await tx.orders.lock_account(ACCOUNT)
            assert await tx.orders.raise_epoch(ACCOUNT) == row.epoch + 1
            return row.epoch + 1

    epochs = await asyncio.gather(*(raise_epoch() for _ in range(20)))
    assert sorted(epochs) == list(range(1, 21))
