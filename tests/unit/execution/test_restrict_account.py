"""The trader makes an account stricter, never looser, and says so once."""

import asyncio

import pytest

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.event_bus import MemoryEventBus
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.domain.audit import AuditEntry
from jax.domain.controls import AccountControls, ModeChange, Said, TradingMode
from jax.modules.execution.restrict_account import restrict_account
from jax.ports.unit_of_work import Transaction
from tests.desk import ACCOUNT, NOW
from tests.floor import Floor, open_floor

_M = TradingMode
SAID = Said("why not", "olivia", NOW)


async def restricted(transaction: Transaction, mode: TradingMode) -> AccountControls:
    await restrict_account(transaction, ACCOUNT, mode, reason="books differ", at=NOW)
    return await transaction.controls.get(ACCOUNT)


async def entries(floor: Floor) -> list[AuditEntry]:
    async with floor.desk.unit_of_work.begin() as transaction:
        return list(await transaction.audit.entries(kind="account.mode"))


@pytest.mark.parametrize(
    ("stands", "wanted", "after"),
    [
        (_M.NORMAL, _M.REDUCE, _M.REDUCE),
        (_M.NORMAL, _M.OBSERVE, _M.OBSERVE),
        (_M.REDUCE, _M.OBSERVE, _M.OBSERVE),
        (_M.REDUCE, _M.REDUCE, _M.REDUCE),
        (_M.OBSERVE, _M.REDUCE, _M.OBSERVE),
        (_M.OBSERVE, _M.OBSERVE, _M.OBSERVE),
    ],
)
async def test_a_mode_becomes_stricter_or_stays_with_what_was_said_of_it(
    stands: TradingMode, wanted: TradingMode, after: TradingMode
) -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.controls.set_mode(ACCOUNT, ModeChange(stands, SAID))
            controls = await restricted(transaction, wanted)
        stays = after is stands
        assert controls.mode == ModeChange(after, SAID if stays else Said("books differ", "jax-trader", NOW))
        assert [entry.event.data for entry in await entries(floor)] == (
            [] if stays else [{"mode": after, "strategy": None, "reason": "books differ"}]
        )


async def test_a_restriction_while_the_kill_switch_is_engaged_holds_after_its_release() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            await transaction.controls.engage_kill(ACCOUNT, SAID)
            await restricted(transaction, _M.OBSERVE)
            await transaction.controls.release_kill(ACCOUNT, at=NOW)
            assert (await transaction.controls.get(ACCOUNT)).account_mode is _M.OBSERVE
        assert len(await entries(floor)) == 1


async def test_who_follows_accounts_hears_of_it() -> None:
    database = MemoryDatabase()
    unit_of_work, bus = MemoryUnitOfWork(database), MemoryEventBus(database)
    async with open_floor(unit_of_work), bus.subscribe("account") as heard:
        async with unit_of_work.begin() as transaction:
            await restricted(transaction, _M.REDUCE)
        async with asyncio.timeout(5):
            assert await anext(heard) == ACCOUNT
