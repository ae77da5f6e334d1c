"""What every SignalStore does."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.artifact import Artifact
from jax.domain.errors import InvalidValue
from jax.domain.side import Side
from jax.domain.signal import SIGNAL_TRANSITIONS, Signal, SignalStatus
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import UnitOfWork
from tests.contract import stored_values
from tests.contract.stored_values import NOW, minutes, signal
from tests.contract.within import within


async def _add(unit_of_work: UnitOfWork, *new: Signal) -> list[bool]:
    async with unit_of_work.begin() as tx:
        return [await tx.signals.add(one) for one in new]


async def _ids(unit_of_work: UnitOfWork, status: SignalStatus | None = None, limit: int = 100) -> list[str]:
    async with unit_of_work.begin() as tx:
        found: Sequence[Signal] = await tx.signals.list(status=status, limit=limit)
    return [one.signal_id for one in found]


async def test_gives_back_what_was_added(unit_of_work: UnitOfWork, active: Artifact) -> None:
    new = signal(active)
    assert await _add(unit_of_work, new) == [True]
    assert await within(unit_of_work, lambda tx: tx.signals.get("sg1")) == new


async def test_gives_back_a_decided_sell_signal_without_a_target(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    new = replace(
        signal(active),
        side=Side.SELL,
        stop_loss=Decimal("999999999999.99999999"),
        take_profit=None,
        confidence=Decimal("0.00000001"),
        status=SignalStatus.REJECTED,
        decided_by="paul",
        decided_at=NOW,
    )
    await _add(unit_of_work, new)
    assert await within(unit_of_work, lambda tx: tx.signals.get("sg1")) == new


async def test_a_repeat_adds_nothing_and_leaves_the_stored_signal(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    new = signal(active)
    assert await _add(unit_of_work, new, replace(new, reason="another")) == [True, False]
    assert await _add(unit_of_work, replace(new, reason="a third")) == [False]
    assert await within(unit_of_work, lambda tx: tx.signals.get("sg1")) == new
    assert await _ids(unit_of_work) == ["sg1"]


async def test_of_many_that_are_added_together_those_count_that_are_new(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    await _add(unit_of_work, signal(active, "sg2"))
    approved = replace(signal(active, "sg3"), status=SignalStatus.APPROVED, take_profit=None)
    many = [replace(signal(active, f"sg{n}"), reason="another") for n in (1, 2)] + [approved]
    repeated = replace(approved, reason="a repeat")
    added = await within(unit_of_work, lambda tx: tx.signals.add_all([*many, repeated]))
    assert added == {"sg1", "sg3"}
    async with unit_of_work.begin() as tx:
        stored = [await tx.signals.get(f"sg{n}") for n in (1, 2, 3)]
        assert await tx.signals.add_all([]) == set()
    assert stored == [many[0], signal(active, "sg2"), approved]


async def test_of_many_one_that_is_refused_keeps_all_of_them_out(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    wrong = replace(signal(active, "sg2"), artifact_id="art-9")
    with pytest.raises(Conflict, match="artifact"):
        await within(unit_of_work, lambda tx: tx.signals.add_all([signal(active), wrong]))
    assert await _ids(unit_of_work) == []


async def test_of_eight_who_add_one_signal_at_once_one_adds_it(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    added = await asyncio.gather(*(_add(unit_of_work, signal(active)) for _ in range(8)))
    assert sorted(added) == [[False]] * 7 + [[True]]


@pytest.mark.parametrize("wrong", [{"artifact_id": "art-9"}, {"artifact_hash": "sha256:" + "9" * 64}])
async def test_refuses_a_signal_of_bytes_that_are_not_stored(
    unit_of_work: UnitOfWork, active: Artifact, wrong: dict[str, Any]
) -> None:
    with pytest.raises(Conflict, match="artifact"):
        await _add(unit_of_work, replace(signal(active), **wrong))
    assert await _ids(unit_of_work) == []


async def test_an_unknown_signal_is_not_found(unit_of_work: UnitOfWork, active: Artifact) -> None:
    with pytest.raises(NotFound, match="sg9"):
        await within(unit_of_work, lambda tx: tx.signals.get("sg9"))
    with pytest.raises(NotFound, match="sg9"):
        await within(unit_of_work, lambda tx: tx.signals.save(signal(active, "sg9")))


@pytest.mark.parametrize("before", SignalStatus)
@pytest.mark.parametrize("after", SignalStatus)
async def test_saves_the_steps_of_the_table_and_no_others(
    unit_of_work: UnitOfWork, active: Artifact, before: SignalStatus, after: SignalStatus
) -> None:
    stored = replace(signal(active), status=before)
    moved = replace(stored, status=after, decided_by="paul", decided_at=NOW + minutes(4))
    await _add(unit_of_work, stored)
    if after in SIGNAL_TRANSITIONS[before]:
        await within(unit_of_work, lambda tx: tx.signals.save(moved))
        assert await within(unit_of_work, lambda tx: tx.signals.get("sg1")) == moved
    else:
        with pytest.raises(Conflict, match=f"is {before}"):
            await within(unit_of_work, lambda tx: tx.signals.save(moved))
        assert await within(unit_of_work, lambda tx: tx.signals.get("sg1")) == stored


async def test_saving_writes_the_decision_and_nothing_else(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    await _add(unit_of_work, signal(active), signal(active, "sg2"))
    changed = replace(signal(active), reason="rewritten", status=SignalStatus.EXPIRED)
    await within(unit_of_work, lambda tx: tx.signals.save(changed))
    stored = await within(unit_of_work, lambda tx: tx.signals.get("sg1"))
    assert stored == replace(signal(active), status=SignalStatus.EXPIRED)
    assert await within(unit_of_work, lambda tx: tx.signals.get("sg2")) == signal(active, "sg2")


async def test_of_eight_who_decide_one_signal_at_once_one_decides(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    await _add(unit_of_work, signal(active))

    async def decide(person: str) -> None:
        async with unit_of_work.begin() as tx:
            pending = await tx.signals.get("sg1")
            await tx.signals.save(
                replace(pending, status=SignalStatus.APPROVED, decided_by=person, decided_at=NOW)
            )

    outcomes = await asyncio.gather(*(decide(f"person {n}") for n in range(8)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7
    winner = outcomes.index(None)
    stored = await within(unit_of_work, lambda tx: tx.signals.get("sg1"))
    assert stored.decided_by == f"person {winner}"


async def test_a_signal_that_was_got_stays_as_it_is_until_the_transaction_ends(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    await _add(unit_of_work, signal(active))
    order: list[str] = []

    async def expire() -> None:
        moved = replace(signal(active), status=SignalStatus.EXPIRED, decided_by="jax", decided_at=NOW)
        await within(unit_of_work, lambda tx: tx.signals.save(moved))
        order.append("other")

    async with unit_of_work.begin() as tx:
        pending = await tx.signals.get("sg1")
        waiting = asyncio.create_task(expire())
        await asyncio.wait([waiting], timeout=0.2)
        order.append("first")
        await tx.signals.save(
            replace(pending, status=SignalStatus.REJECTED, decided_by="paul", decided_at=NOW)
        )
    with pytest.raises(Conflict, match="is REJECTED"):
        await waiting
    assert order == ["first"]


async def test_lists_the_newest_event_first_and_then_by_id(
    unit_of_work: UnitOfWork, active: Artifact
) -> None:
    await _add(
        unit_of_work,
        signal(active, "sg2", ts_event=NOW + minutes(1)),
        signal(active, "sg4", ts_event=NOW + minutes(2)),
        signal(active, "sg1", ts_event=NOW + minutes(1)),
        signal(active, "sg3", ts_event=NOW),
    )
    assert await _ids(unit_of_work) == ["sg4", "sg1", "sg2", "sg3"]
    assert await _ids(unit_of_work, limit=3) == ["sg4", "sg1", "sg2"]


async def test_lists_those_of_a_status(unit_of_work: UnitOfWork, active: Artifact) -> None:
    await _add(
        unit_of_work,
        signal(active, "sg1"),
        replace(signal(active, "sg2"), status=SignalStatus.APPROVED),
        replace(signal(active, "sg3"), status=SignalStatus.APPROVED),
    )
    assert await _ids(unit_of_work, SignalStatus.APPROVED) == ["sg2", "sg3"]
    assert await _ids(unit_of_work, SignalStatus.APPROVED, limit=1) == ["sg2"]
    assert await _ids(unit_of_work, SignalStatus.EXECUTED) == []


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_refuses_a_limit_outside_1_to_1000(unit_of_work: UnitOfWork, limit: int) -> None:
    with pytest.raises(InvalidValue, match="limit"):
        await _ids(unit_of_work, limit=limit)


@pytest.mark.parametrize("limit", [1, 1000])
async def test_takes_a_limit_of_1_and_of_1000(unit_of_work: UnitOfWork, limit: int) -> None:
    assert await _ids(unit_of_work, limit=limit) == []


@pytest.mark.parametrize("status", [SignalStatus.EXECUTED, SignalStatus.REJECTED])
async def test_closes_an_approved_signal_and_no_other(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal, status: SignalStatus
) -> None:
    pending = signal(active, "sg2")
    await _add(unit_of_work, pending)
    await within(unit_of_work, lambda tx: tx.signals.save(stored_values.approved(approved)))
    for _ in range(2):
        async with unit_of_work.begin() as tx:
            for signal_id in ("sg1", "sg2"):
                await tx.signals.close(signal_id, status, by="jax-trader", at=NOW)
    async with unit_of_work.begin() as tx:
        closed = await tx.signals.get("sg1")
        assert (closed.status, closed.decided_by, closed.decided_at) == (status, "jax-trader", NOW)
        assert await tx.signals.get("sg2") == pending


async def test_no_signal_is_closed_as_something_that_is_not_over(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    with pytest.raises(Conflict):
        await within(
            unit_of_work, lambda tx: tx.signals.close("sg1", SignalStatus.PENDING, by="jax-trader", at=NOW)
        )
