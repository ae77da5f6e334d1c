"""What the in-memory UnitOfWork adds to the contract: a misuse is an error, and not a wait for ever."""

import pytest

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from tests.contract.stored_values import ACCOUNT


async def test_a_task_that_writes_in_two_transactions_at_once_is_told() -> None:
    unit_of_work = MemoryUnitOfWork(MemoryDatabase())
    async with unit_of_work.begin() as outer:
        await outer.orders.raise_epoch(ACCOUNT)
        async with unit_of_work.begin() as inner:
            with pytest.raises(RuntimeError, match="writes in another transaction already"):
                await inner.orders.raise_epoch(ACCOUNT)
    async with unit_of_work.begin() as tx:
        assert (await tx.orders.lock_account(ACCOUNT)).epoch == 1


async def test_a_transaction_that_has_ended_answers_nothing() -> None:
    unit_of_work = MemoryUnitOfWork(MemoryDatabase())
    async with unit_of_work.begin() as tx:
        pass
    with pytest.raises(RuntimeError, match="has ended"):
        await tx.orders.raise_epoch(ACCOUNT)
    with pytest.raises(RuntimeError, match="has ended"):
        await tx.orders.fills(ACCOUNT)
