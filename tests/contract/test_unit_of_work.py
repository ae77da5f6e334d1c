"""What every UnitOfWork does."""

import asyncio

import pytest

from jax.domain.artifact import ArtifactState
from jax.domain.bar import Timeframe
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.gate_acts import told
from tests.contract.stored_values import ACCOUNT, artifact, bar, signal, store_artifact, store_order
from tests.contract.within import within


async def _stored_bars(unit_of_work: UnitOfWork) -> int:
    return len(await within(unit_of_work, lambda tx: tx.bars.bars("AAPL", Timeframe.DAY)))


async def test_a_block_that_ends_is_committed(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        await tx.bars.append([bar()])
    assert await _stored_bars(unit_of_work) == 1


async def test_a_block_that_returns_early_is_committed(unit_of_work: UnitOfWork) -> None:
    await within(unit_of_work, lambda tx: tx.bars.append([bar()]))
    assert await _stored_bars(unit_of_work) == 1


async def test_a_block_that_raises_stores_nothing_of_any_store(unit_of_work: UnitOfWork) -> None:
    active = await store_artifact(unit_of_work, artifact())

    async def fail(tx: Transaction) -> None:
        await tx.bars.append([bar()])
        await tx.signals.add(signal(active))
        await store_order(tx, signal(active))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(unit_of_work, fail)
    assert await _stored_bars(unit_of_work) == 0
    async with unit_of_work.begin() as tx:
        assert list(await tx.signals.list()) == []
        assert list(await tx.orders.trades(ACCOUNT)) == []


async def test_a_canceled_task_stores_nothing_and_leaves_no_lock_behind(unit_of_work: UnitOfWork) -> None:
    inside = asyncio.Event()

    async def hang(tx: Transaction) -> None:
        await tx.orders.raise_epoch(ACCOUNT)
        inside.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(within(unit_of_work, hang))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await within(unit_of_work, lambda tx: tx.orders.lock_account(ACCOUNT))).epoch == 0


async def test_a_transaction_sees_what_it_has_written_and_others_do_not(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        await tx.bars.append([bar()])
        assert len(await tx.bars.bars("AAPL", Timeframe.DAY)) == 1
        assert await _stored_bars(unit_of_work) == 0


async def test_an_open_transaction_sees_what_others_have_committed_since(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        assert await tx.bars.bars("AAPL", Timeframe.DAY) == ()
        await within(unit_of_work, lambda other: other.bars.append([bar()]))
        assert await tx.bars.bars("AAPL", Timeframe.DAY) == (bar(),)


async def _add_again(tx: Transaction) -> None:
    with pytest.raises(Conflict, match="stored already"):
        await tx.artifacts.add(artifact(), entry=await told(tx), reason="again")


async def test_nothing_beside_a_conflict_is_stored_even_if_it_is_caught(unit_of_work: UnitOfWork) -> None:
    await store_artifact(unit_of_work, artifact())

    async def catch(tx: Transaction) -> None:
        await tx.bars.append([bar()])
        await _add_again(tx)

    with pytest.raises(Conflict, match="failed already"):
        await within(unit_of_work, catch)
    assert await _stored_bars(unit_of_work) == 0


async def test_a_transaction_that_had_a_conflict_answers_nothing_more(unit_of_work: UnitOfWork) -> None:
    await store_artifact(unit_of_work, artifact())

    async def go_on(tx: Transaction) -> None:
        await _add_again(tx)
        await tx.artifacts.list()
        pytest.fail("a transaction that cannot be committed has answered")

    with pytest.raises(Conflict, match="failed already"):
        await within(unit_of_work, go_on)


async def test_nothing_beside_a_stale_view_is_stored_even_if_it_is_caught(unit_of_work: UnitOfWork) -> None:
    await store_artifact(unit_of_work, artifact(), state=ArtifactState.VALIDATED)

    async def catch(tx: Transaction) -> None:
        await tx.bars.append([bar()])
        with pytest.raises(Conflict, match="no longer DRAFT"):
            await tx.artifacts.take_step(
                artifact(), ArtifactState.VALIDATED, entry=await told(tx), reason="again"
            )

    with pytest.raises(Conflict, match="failed already"):
        await within(unit_of_work, catch)
    assert await _stored_bars(unit_of_work) == 0


async def test_what_is_not_found_does_not_end_the_transaction(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        with pytest.raises(NotFound):
            await tx.artifacts.get("art-1")
        await tx.bars.append([bar()])
    assert await _stored_bars(unit_of_work) == 1


async def test_twenty_transactions_at_once_lose_no_update(unit_of_work: UnitOfWork) -> None:
    async def raise_epoch(tx: Transaction) -> int:
        before = (await tx.orders.lock_account(ACCOUNT)).epoch
        assert await tx.orders.raise_epoch(ACCOUNT) == before + 1
        return before

    epochs = await asyncio.gather(*(within(unit_of_work, raise_epoch) for _ in range(20)))
    assert sorted(epochs) == list(range(20))
