"""What every store of running traders does."""

from dataclasses import replace

import pytest

from jax.domain.running_trader import RunningTrader
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.stored_values import NOW, minutes
from tests.contract.within import within

_HASHES = tuple(sorted("sha256:" + digit * 64 for digit in "3a0"))


def trader(boot_id: str = "boot-1", *, minute: float = 0, account: str = "paper") -> RunningTrader:
    return RunningTrader(boot_id, account, _HASHES, 7, NOW + minutes(minute))


async def _report(unit_of_work: UnitOfWork, *traders: RunningTrader) -> None:
    for one in traders:
        async with unit_of_work.begin() as tx:
            await tx.running.report(one)


async def _after(unit_of_work: UnitOfWork, minute: float) -> list[RunningTrader]:
    return list(await within(unit_of_work, lambda tx: tx.running.reported_after(NOW + minutes(minute))))


async def test_gives_back_what_each_process_said_by_boot_id(unit_of_work: UnitOfWork) -> None:
    bare = replace(trader("Boot-2", account="other"), artifact_hashes=(), snapshot_seq=None)
    await _report(unit_of_work, trader("boot-3"), trader(), bare)
    assert await _after(unit_of_work, -1) == [bare, trader(), trader("boot-3")]


async def test_a_later_word_of_a_process_takes_the_place_of_the_earlier(unit_of_work: UnitOfWork) -> None:
    later = RunningTrader("boot-1", "other", _HASHES[:1], 8, NOW + minutes(1))
    await _report(unit_of_work, trader(), trader("boot-2"), later)
    assert await _after(unit_of_work, -1) == [later, trader("boot-2")]


async def test_a_word_of_a_transaction_that_fails_was_never_said(unit_of_work: UnitOfWork) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.running.report(trader())
        raise LookupError

    with pytest.raises(LookupError):
        await within(unit_of_work, fail)
    assert await _after(unit_of_work, -1) == []


async def test_only_words_younger_than_the_moment_are_given_back(unit_of_work: UnitOfWork) -> None:
    await _report(unit_of_work, trader("boot-1", minute=1), trader("boot-2", minute=2))
    assert [one.boot_id for one in await _after(unit_of_work, 0.5)] == ["boot-1", "boot-2"]
    assert [one.boot_id for one in await _after(unit_of_work, 1)] == ["boot-2"]
    assert await _after(unit_of_work, 2) == []
