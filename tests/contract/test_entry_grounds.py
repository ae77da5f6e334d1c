"""What every EntryGrounds says, and what it keeps as it is until the transaction ends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from jax.domain.artifact import Artifact
from jax.domain.audit import AuditEvent
from jax.domain.controls import ModeChange, Said, SessionOpening, TradingMode
from jax.domain.instrument import Instrument
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OrderStatus
from jax.domain.session import ExchangeSession
from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus
from jax.ports.entry_grounds import EntryGround
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract import stored_values
from tests.contract.stored_values import (
    ACCOUNT,
    NOW,
    artifact,
    minutes,
    order,
    store_artifact,
    store_order,
    store_signal,
    trade,
)
from tests.contract.within import within

_SAID = Said("a look", "olivia", NOW)
_APPLE = Instrument("AAPL", "XNAS", "USD", Decimal("0.01"), Decimal(1))


async def _ground(unit_of_work: UnitOfWork, account: str = ACCOUNT, *, later: float = 0) -> EntryGround:
    return await within(
        unit_of_work, lambda tx: tx.grounds.locked(account, signal_id="sg1", at=NOW + minutes(later))
    )


async def _entered(unit_of_work: UnitOfWork, signal_id: str, of: Artifact, **changed: object) -> Order:
    """An entry that is on record with its trade."""
    decided = await store_signal(unit_of_work, of, signal_id)
    new = replace(order(decided, f"jx-{signal_id}"), **changed)  # type: ignore[arg-type]
    await within(unit_of_work, lambda tx: tx.orders.add(new, trade(new, decided)))
    return new


async def test_nothing_is_known_of_a_signal_that_is_not_there(unit_of_work: UnitOfWork) -> None:
    for ask in (
        lambda tx: tx.grounds.before("sg1"),
        lambda tx: tx.grounds.locked(ACCOUNT, signal_id="sg1", at=NOW),
        lambda tx: tx.grounds.order(ACCOUNT, client_order_id="jx1"),
    ):
        with pytest.raises(NotFound):
            await within(unit_of_work, ask)


async def test_before_anything_else_was_stored_there_is_the_signal_and_an_account(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    ground = await _ground(unit_of_work)
    assert (ground.signal, ground.trade, ground.instrument, ground.session) == (approved, None, None, None)
    assert (ground.standing.controls.mode, ground.entered_elsewhere) == (None, 0)
    assert (await within(unit_of_work, lambda tx: tx.orders.lock_account(ACCOUNT))).epoch == 0


async def test_the_trade_of_the_signal_is_there_with_its_order(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    before = await within(unit_of_work, lambda tx: tx.grounds.before("sg1"))
    assert (before.signal, before.trade) == (approved, None)
    new = order(approved)
    await within(unit_of_work, lambda tx: tx.orders.add(new, trade(new, approved)))
    before = await within(unit_of_work, lambda tx: tx.grounds.before("sg1"))
    assert (before.signal, before.trade) == (approved, (trade(new, approved), new))
    assert (await _ground(unit_of_work)).trade == (trade(new, approved), new)


async def test_looking_before_keeps_nobody_from_changing_the_signal(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    pending = await store_signal(unit_of_work, active, "sg2")
    async with unit_of_work.begin() as tx:
        assert (await tx.grounds.before("sg2")).signal == pending
        decided = pending.moved_to(SignalStatus.REJECTED, by="paul", at=NOW)
        await within(unit_of_work, lambda other: other.signals.save(decided))
        assert (await tx.grounds.before("sg2")).signal.status is SignalStatus.REJECTED


async def test_the_reference_data_is_that_of_the_symbol_and_of_its_exchange(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    today = ExchangeSession("XNAS", NOW.date(), NOW - minutes(60), NOW + minutes(60), is_half_day=False)
    week_ago = replace(
        today,
        session_date=NOW.date() - timedelta(days=7),
        opens_at=today.opens_at - timedelta(days=7),
        closes_at=today.closes_at - timedelta(days=7),
    )
    elsewhere = replace(today, mic="XNYS", opens_at=NOW - minutes(1))
    async with unit_of_work.begin() as tx:
        await tx.reference.put_instruments([_APPLE, replace(_APPLE, symbol="MSFT", mic="XNYS")])
        await tx.reference.put_sessions([week_ago, today, elsewhere], [])
    now, before, after = [await _ground(unit_of_work, later=later) for later in (0, -61, 61)]
    assert [ground.instrument for ground in (now, before, after)] == [_APPLE] * 3
    assert (now.session, before.session) == (today, week_ago)
    # The calendar ends before.
    assert after.session is None


async def test_what_people_and_the_gate_have_said(unit_of_work: UnitOfWork, approved: Signal) -> None:
    async def say(tx: Transaction) -> None:
        await tx.orders.lock_account(ACCOUNT)
        for name in (None, "ma_crossover_v1", "rsi_v1"):
            await tx.controls.set_mode(ACCOUNT, ModeChange(TradingMode.REDUCE, _SAID), strategy=name)
        await tx.controls.engage_kill(ACCOUNT, _SAID)
        await tx.controls.open_session(ACCOUNT, SessionOpening(date(2024, 3, 1), Decimal(100_000)))

    await within(unit_of_work, say)
    ground = await _ground(unit_of_work)
    controls = await within(unit_of_work, lambda tx: tx.controls.get(ACCOUNT))
    standing = await within(unit_of_work, lambda tx: tx.grounds.standing(ACCOUNT, artifact_id="art-1"))
    assert ground.standing == standing
    assert (standing.is_loadable, standing.controls) == (True, controls)
    assert set(controls.strategy_modes) == {"ma_crossover_v1", "rsi_v1"}
    of_nobody = await within(unit_of_work, lambda tx: tx.grounds.standing("nobody", artifact_id="art-1"))
    assert (of_nobody.is_loadable, of_nobody.controls.mode, of_nobody.controls.kill) == (True, None, None)
    of_nothing = await within(unit_of_work, lambda tx: tx.grounds.standing(ACCOUNT, artifact_id="art-9"))
    assert (of_nothing.is_loadable, of_nothing.controls) == (False, controls)


async def test_counts_the_entries_of_the_artifact_in_other_accounts_in_the_last_minute(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal
) -> None:
    other = await store_artifact(unit_of_work, artifact("art-2", name="other"))
    await _entered(unit_of_work, "sg2", active, account="a", created_at=NOW + minutes(1))
    of_b = await _entered(
        unit_of_work, "sg3", active, account="b", created_at=NOW + minutes(2), status=OrderStatus.DENIED
    )
    await _entered(unit_of_work, "sg4", active, account=ACCOUNT, created_at=NOW + minutes(2))
    await _entered(unit_of_work, "sg5", other, account="a", created_at=NOW + minutes(2))
    stop = replace(of_b, client_order_id="jx-stop", leg=OrderLeg.STOP, side=Side.SELL)
    assert stop.reduces_only
    counts = [(await _ground(unit_of_work, later=later)).entered_elsewhere for later in (1.5, 2, 2.5, 3)]
    assert counts == [2, 1, 1, 0]
    assert (await _ground(unit_of_work, "a", later=2.5)).entered_elsewhere == 2


async def test_an_order_is_that_of_its_account(unit_of_work: UnitOfWork, active: Artifact) -> None:
    stored = await _entered(unit_of_work, "sg2", active)
    assert (
        await within(
            unit_of_work, lambda tx: tx.grounds.order(ACCOUNT, client_order_id=stored.client_order_id)
        )
        == stored
    )


@pytest.mark.parametrize(
    "look",
    [
        lambda tx: tx.grounds.locked(ACCOUNT, signal_id="sg1", at=NOW),
        lambda tx: tx.grounds.order(ACCOUNT, client_order_id="jx1"),
    ],
    ids=["locked", "order"],
)
@pytest.mark.parametrize(
    "change",
    [
        lambda tx: tx.orders.raise_epoch(ACCOUNT),
        lambda tx: tx.signals.save(stored_values.approved(stored_values.signal(artifact()))),
        lambda tx: tx.audit.append(AuditEvent("look", "sg1", "olivia", NOW, {})),
    ],
    ids=["the account", "the signal", "the audit log"],
)
async def test_what_is_looked_at_waits_for_the_end_of_the_transaction(
    unit_of_work: UnitOfWork,
    approved: Signal,
    look: Callable[[Transaction], Awaitable[object]],
    change: Callable[[Transaction], Awaitable[object]],
) -> None:
    await within(unit_of_work, lambda tx: store_order(tx, approved))
    async with unit_of_work.begin() as tx:
        await look(tx)
        changing = asyncio.create_task(within(unit_of_work, change))
        await asyncio.wait([changing], timeout=0.2)
        assert not changing.done()
        # Who has looked may write to all of it.
        await tx.audit.append(AuditEvent("look", "sg1", "tessa", NOW, {}))
    await changing
    looks = await within(unit_of_work, lambda tx: tx.audit.entries(kind="look"))
    assert [entry.event.actor for entry in looks][:1] == ["tessa"]
