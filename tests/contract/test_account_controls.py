"""What every AccountControlStore does."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from jax.domain.controls import AccountControls, Arming, ModeChange, Said, SessionOpening, TradingMode
from jax.ports.account_controls import AccountControlStore
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import ACCOUNT, NOW, minutes
from tests.contract.within import within

SAID = Said("the venue is slow", "olivia", NOW)
HASH = "sha256:" + "a" * 64
OTHER_HASH = "sha256:" + "b" * 64


@pytest.fixture
async def unit_of_work(unit_of_work: UnitOfWork) -> UnitOfWork:
    """With the rows of two accounts."""
    async with unit_of_work.begin() as tx:
        await tx.orders.lock_account(ACCOUNT)
        await tx.orders.lock_account("other")
    return unit_of_work


async def _get(unit_of_work: UnitOfWork, account: str = ACCOUNT) -> AccountControls:
    return await within(unit_of_work, lambda tx: tx.controls.get(account))


async def _do(unit_of_work: UnitOfWork, *steps: Callable[[AccountControlStore], Awaitable[None]]) -> None:
    async with unit_of_work.begin() as tx:
        await tx.orders.lock_account(ACCOUNT)
        for step in steps:
            await step(tx.controls)


async def test_nothing_was_said_of_a_new_account(unit_of_work: UnitOfWork) -> None:
    assert await _get(unit_of_work) == AccountControls()
    assert await _get(unit_of_work, "nobody") == AccountControls()


async def test_modes_are_kept_for_the_account_and_for_each_strategy(unit_of_work: UnitOfWork) -> None:
    reduce_, observe = ModeChange(TradingMode.REDUCE, SAID), ModeChange(TradingMode.OBSERVE, SAID)
    later = ModeChange(TradingMode.NORMAL, Said("it answers again", "omar", NOW + minutes(1)))
    await _do(
        unit_of_work,
        lambda controls: controls.set_mode(ACCOUNT, reduce_),
        lambda controls: controls.set_mode(ACCOUNT, observe, strategy="ma_crossover_v1"),
        lambda controls: controls.set_mode(ACCOUNT, later),
        lambda controls: controls.set_mode(ACCOUNT, observe, strategy="macd_crossover_v1"),
        lambda controls: controls.set_mode(ACCOUNT, reduce_, strategy="macd_crossover_v1"),
    )
    assert await _get(unit_of_work) == AccountControls(
        mode=later, strategy_modes={"ma_crossover_v1": observe, "macd_crossover_v1": reduce_}
    )
    assert await _get(unit_of_work, "other") == AccountControls()


async def test_the_kill_switch_keeps_its_first_word_until_it_is_released(unit_of_work: UnitOfWork) -> None:
    second = Said("and the fire", "omar", NOW + minutes(1))
    await _do(unit_of_work, lambda controls: controls.engage_kill(ACCOUNT, SAID))
    await _do(unit_of_work, lambda controls: controls.engage_kill(ACCOUNT, second))
    assert (await _get(unit_of_work)).kill == SAID
    assert (await _get(unit_of_work, "other")).kill is None
    await _do(unit_of_work, lambda controls: controls.release_kill(ACCOUNT, at=NOW + minutes(2)))
    assert (await _get(unit_of_work)).kill is None
    await _do(unit_of_work, lambda controls: controls.release_kill(ACCOUNT, at=NOW + minutes(3)))
    await _do(unit_of_work, lambda controls: controls.engage_kill(ACCOUNT, second))
    assert (await _get(unit_of_work)).kill == second


async def test_an_artifact_is_armed_until_it_is_disarmed(unit_of_work: UnitOfWork) -> None:
    arming = Arming(HASH, NOW + minutes(60), SAID)
    longer = replace(arming, expires_at=NOW + minutes(90))
    other = Arming(OTHER_HASH, NOW + minutes(5), SAID)
    await _do(
        unit_of_work,
        lambda controls: controls.arm(ACCOUNT, arming),
        lambda controls: controls.arm(ACCOUNT, other),
        lambda controls: controls.arm(ACCOUNT, longer),
    )
    assert (await _get(unit_of_work)).armings == {HASH: longer, OTHER_HASH: other}
    await _do(
        unit_of_work, lambda controls: controls.disarm(ACCOUNT, artifact_hash=HASH, at=NOW + minutes(2))
    )
    assert (await _get(unit_of_work)).armings == {OTHER_HASH: other}
    await _do(unit_of_work, lambda controls: controls.arm(ACCOUNT, arming))
    assert (await _get(unit_of_work)).armings == {HASH: arming, OTHER_HASH: other}


async def _latch(controls: AccountControlStore, on: date) -> None:
    await controls.latch_loss(ACCOUNT, on)


async def test_the_latch_of_the_daily_loss_never_goes_back(unit_of_work: UnitOfWork) -> None:
    for day, kept in ((5, 5), (4, 5), (6, 6)):
        on = date(2024, 3, day)
        await _do(unit_of_work, partial(_latch, on=on))
        assert (await _get(unit_of_work)).loss_latched_on == date(2024, 3, kept)
    assert (await _get(unit_of_work, "other")).loss_latched_on is None


async def test_nothing_is_said_of_an_account_that_is_not_stored(unit_of_work: UnitOfWork) -> None:
    with pytest.raises(Conflict):
        await within(unit_of_work, lambda tx: tx.controls.engage_kill("nobody", SAID))
    with pytest.raises(Conflict):
        await within(
            unit_of_work, lambda tx: tx.controls.set_mode("nobody", ModeChange(TradingMode.REDUCE, SAID))
        )


async def test_a_session_keeps_its_first_opening(unit_of_work: UnitOfWork) -> None:
    first = SessionOpening(date(2024, 3, 5), Decimal("100000.25"))
    for opening, kept in (
        (first, first),
        (replace(first, equity=Decimal(1)), first),
        (SessionOpening(date(2024, 3, 4), Decimal(2)), first),
        (later := SessionOpening(date(2024, 3, 6), Decimal(3)), later),
    ):
        async with unit_of_work.begin() as tx:
            await tx.controls.open_session(ACCOUNT, opening)
        assert (await _get(unit_of_work)).opening == kept
    assert (await _get(unit_of_work, "other")).opening is None
