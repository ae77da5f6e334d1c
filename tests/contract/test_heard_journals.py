"""What every store remembers of the journals that were heard."""

from contextlib import suppress

import pytest

from jax.ports.errors import Conflict
from jax.ports.heard_journals import HeardJournal
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import ACCOUNT
from tests.contract.within import within

FIRST, LATER = HeardJournal("a1", 0), HeardJournal("b2", 2**40)


async def _put(unit_of_work: UnitOfWork, account: str, heard: HeardJournal) -> None:
    async with unit_of_work.begin() as tx:
        await tx.orders.lock_account(account)
        await tx.heard.put(account, heard)


async def test_an_account_has_heard_nothing_at_first(unit_of_work: UnitOfWork) -> None:
    assert await within(unit_of_work, lambda tx: tx.heard.of(ACCOUNT)) is None


async def test_what_was_put_last_is_what_was_heard_of_each_account(unit_of_work: UnitOfWork) -> None:
    for account, heard in ((ACCOUNT, LATER), ("other", LATER), (ACCOUNT, FIRST)):
        await _put(unit_of_work, account, heard)
    assert await within(unit_of_work, lambda tx: tx.heard.of(ACCOUNT)) == FIRST
    assert await within(unit_of_work, lambda tx: tx.heard.of("other")) == LATER


async def test_what_is_rolled_back_was_not_heard(unit_of_work: UnitOfWork) -> None:
    await _put(unit_of_work, ACCOUNT, FIRST)
    with suppress(RuntimeError):
        async with unit_of_work.begin() as tx:
            await tx.orders.lock_account(ACCOUNT)
            await tx.heard.put(ACCOUNT, LATER)
            raise RuntimeError
    assert await within(unit_of_work, lambda tx: tx.heard.of(ACCOUNT)) == FIRST


async def test_an_account_that_is_not_stored_hears_nothing(unit_of_work: UnitOfWork) -> None:
    with pytest.raises(Conflict):
        async with unit_of_work.begin() as tx:
            await tx.heard.put("nobody", FIRST)
