"""What every AuditLog does."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jax.domain.audit import GENESIS, AuditEvent, first_broken_entry, next_entry
from jax.domain.canonical_json import NotCanonical
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.stored_values import NOW
from tests.contract.within import within


def _event(subject: str = "jx1", *, kind: str = "order.sent", data: Any = None) -> AuditEvent:
    return AuditEvent(kind=kind, subject=subject, actor="jax-trader", at=NOW, data=data)


async def _append(unit_of_work: UnitOfWork, *events: AuditEvent) -> None:
    for event in events:
        async with unit_of_work.begin() as tx:
            await tx.audit.append(event)


async def test_each_entry_follows_from_the_one_before(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        first = await tx.audit.append(_event("jx1"))
        second = await tx.audit.append(_event("jx2"))
    third = await within(unit_of_work, lambda tx: tx.audit.append(_event("jx3")))
    assert first == next_entry(_event("jx1"), last=None)
    assert (first.n, first.previous_sha256) == (1, GENESIS)
    assert second == next_entry(_event("jx2"), last=first)
    assert third == next_entry(_event("jx3"), last=second)


async def test_entries_that_are_appended_together_are_chained_as_those_that_come_alone(
    unit_of_work: UnitOfWork,
) -> None:
    async with unit_of_work.begin() as tx:
        alone = await tx.audit.append(_event("jx1"))
        together = await tx.audit.append_all([_event("jx2", data={"b": 1, "a": "ü"}), _event("jx3")])
        assert list(await tx.audit.append_all([])) == []
        behind = await tx.audit.append(_event("jx4"))
    later = await within(unit_of_work, lambda tx: tx.audit.append_all([_event("jx5")]))
    entries = list(await within(unit_of_work, lambda tx: tx.audit.entries()))
    assert entries == [alone, *together, behind, *later]
    assert [entry.event.subject for entry in entries] == ["jx1", "jx2", "jx3", "jx4", "jx5"]
    assert first_broken_entry(entries) is None


async def test_of_entries_that_are_appended_together_one_that_is_refused_keeps_all_out(
    unit_of_work: UnitOfWork,
) -> None:
    nobody = replace(_event(kind="gate.snapshot"), actor="Mallory Smith")
    with pytest.raises(Conflict, match="Mallory Smith"):
        await within(unit_of_work, lambda tx: tx.audit.append_all([_event(), nobody]))
    with pytest.raises(NotCanonical):
        await within(unit_of_work, lambda tx: tx.audit.append_all([_event(), _event(data=1.5)]))
    assert list(await within(unit_of_work, lambda tx: tx.audit.entries())) == []


async def test_gives_back_what_was_appended(unit_of_work: UnitOfWork) -> None:
    data = {"price": "1.50", "n": -(2**53) + 1, "nothing": None, "yes": True, "ü\n\u0000": ["a", {"b": []}]}
    event = replace(_event(data=data), at=NOW + timedelta(microseconds=1))
    appended = await within(unit_of_work, lambda tx: tx.audit.append(event))
    (stored,) = await within(unit_of_work, lambda tx: tx.audit.entries())
    assert stored == appended
    assert stored.event == event


async def test_gives_back_an_entry_by_its_number(unit_of_work: UnitOfWork) -> None:
    await _append(unit_of_work, *(_event(f"jx{n}") for n in range(1, 4)))
    async with unit_of_work.begin() as tx:
        assert [(await tx.audit.entry(n)).event.subject for n in (1, 2, 3)] == ["jx1", "jx2", "jx3"]
        assert await tx.audit.entry(2) == (await tx.audit.entries())[1]
        for n in (0, -1, 4):
            with pytest.raises(NotFound, match=f"entry {n}"):
                await tx.audit.entry(n)


@pytest.mark.parametrize("kind", ["artifact.step", "gate.snapshot"])
async def test_what_is_done_at_the_gate_is_done_by_a_person(unit_of_work: UnitOfWork, kind: str) -> None:
    for actor in ("jax-trader", "Mallory Smith"):
        with pytest.raises(Conflict, match=actor):
            await _append(unit_of_work, replace(_event(kind=kind), actor=actor))
    await _append(unit_of_work, replace(_event(kind=kind), actor="rene"), _event(kind="artifacts.loaded"))
    assert len(await within(unit_of_work, lambda tx: tx.audit.entries())) == 2


async def test_data_is_kept_as_json_says_it_and_not_as_the_caller_changes_it(
    unit_of_work: UnitOfWork,
) -> None:
    numbers = [1, 2]
    appended = await within(unit_of_work, lambda tx: tx.audit.append(_event(data={"n": (numbers, 3)})))
    numbers.append(99)
    (stored,) = await within(unit_of_work, lambda tx: tx.audit.entries())
    assert appended.event.data == stored.event.data == {"n": [[1, 2], 3]}


async def test_refuses_data_without_a_canonical_spelling_and_appends_nothing(
    unit_of_work: UnitOfWork,
) -> None:
    with pytest.raises(NotCanonical):
        await _append(unit_of_work, _event(data={"price": 1.5}))
    assert list(await within(unit_of_work, lambda tx: tx.audit.entries())) == []


async def test_an_entry_becomes_visible_with_its_transaction(unit_of_work: UnitOfWork) -> None:
    async with unit_of_work.begin() as tx:
        appended = await tx.audit.append(_event())
        assert list(await tx.audit.entries()) == [appended]
        assert list(await within(unit_of_work, lambda other: other.audit.entries())) == []
    assert list(await within(unit_of_work, lambda tx: tx.audit.entries())) == [appended]


async def test_an_entry_that_was_rolled_back_leaves_no_gap(unit_of_work: UnitOfWork) -> None:
    await _append(unit_of_work, _event("jx1"))

    async def fail(tx: Transaction) -> None:
        await tx.audit.append(_event("jx2"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(unit_of_work, fail)
    await _append(unit_of_work, _event("jx3"))
    entries = await within(unit_of_work, lambda tx: tx.audit.entries())
    assert [(entry.n, entry.event.subject) for entry in entries] == [(1, "jx1"), (2, "jx3")]
    assert first_broken_entry(list(entries)) is None


async def test_the_newest_entries_come_oldest_of_them_first(unit_of_work: UnitOfWork) -> None:
    await _append(unit_of_work, *(_event(f"jx{n}") for n in range(1, 6)))
    entries = await within(unit_of_work, lambda tx: tx.audit.entries(limit=3))
    assert [entry.n for entry in entries] == [3, 4, 5]


async def test_entries_of_a_kind_and_of_a_subject(unit_of_work: UnitOfWork) -> None:
    await _append(
        unit_of_work,
        _event("jx1"),
        _event("jx2"),
        _event("jx1", kind="order.filled"),
        _event("jx1"),
        _event("jx1"),
    )
    async with unit_of_work.begin() as tx:
        of_kind = await tx.audit.entries(kind="order.sent")
        of_subject = await tx.audit.entries(subject="jx1")
        newest_of_both = await tx.audit.entries(kind="order.sent", subject="jx1", limit=2)
        of_none = await tx.audit.entries(kind="order.sen")
    assert [entry.n for entry in of_kind] == [1, 2, 4, 5]
    assert [entry.n for entry in of_subject] == [1, 3, 4, 5]
    assert [entry.n for entry in newest_of_both] == [4, 5]
    assert list(of_none) == []


@pytest.mark.parametrize("limit", [0, -1])
async def test_refuses_a_limit_below_one(unit_of_work: UnitOfWork, limit: int) -> None:
    with pytest.raises(InvalidValue, match="limit"):
        await within(unit_of_work, lambda tx: tx.audit.entries(limit=limit))


async def test_entries_behind_one_come_from_the_oldest_on(unit_of_work: UnitOfWork) -> None:
    await _append(unit_of_work, *(_event(f"jx{n}") for n in range(1, 6)))
    async with unit_of_work.begin() as tx:
        pages = [await tx.audit.entries_after(n, limit=2) for n in (0, 2, 4, 5, 99)]
        everything = await tx.audit.entries_after(0)
    assert [[entry.n for entry in page] for page in pages] == [[1, 2], [3, 4], [5], [], []]
    assert list(everything) == list(await within(unit_of_work, lambda tx: tx.audit.entries()))


async def test_entries_behind_one_may_be_of_some_kinds_and_since_a_moment(unit_of_work: UnitOfWork) -> None:
    for minute, kind in enumerate(
        ("order.sent", "order.denied", "order.sent", "order.leaving", "order.sent")
    ):
        await _append(unit_of_work, replace(_event(kind=kind), at=NOW + timedelta(minutes=minute)))
    async with unit_of_work.begin() as tx:
        pages = [
            await tx.audit.entries_after(0, kinds={"order.sent", "order.leaving"}),
            await tx.audit.entries_after(1, kinds={"order.sent"}, limit=1),
            await tx.audit.entries_after(0, since=NOW + timedelta(minutes=2)),
            await tx.audit.entries_after(3, kinds=["order.sent"], since=NOW),
            await tx.audit.entries_after(0, kinds=[]),
            await tx.audit.entries_after(0, since=NOW + timedelta(minutes=5)),
        ]
    assert [[entry.n for entry in page] for page in pages] == [[1, 3, 4, 5], [3], [3, 4, 5], [5], [], []]


@pytest.mark.parametrize("limit", [0, -1])
async def test_refuses_a_page_of_less_than_one_entry(unit_of_work: UnitOfWork, limit: int) -> None:
    with pytest.raises(InvalidValue, match="limit"):
        await within(unit_of_work, lambda tx: tx.audit.entries_after(0, limit=limit))


async def test_writers_at_once_queue_and_the_chain_stays_whole(unit_of_work: UnitOfWork) -> None:
    async def write(writer: int) -> None:
        for n in range(5):
            async with unit_of_work.begin() as tx:
                await tx.audit.append(_event(f"{writer}-{n}-a"))
                await asyncio.sleep(0)
                await tx.audit.append(_event(f"{writer}-{n}-b"))

    await asyncio.gather(*(write(writer) for writer in range(8)))
    entries = list(await within(unit_of_work, lambda tx: tx.audit.entries()))
    assert len(entries) == 80
    assert first_broken_entry(entries) is None
    pairs = [(entries[n].event.subject[:-1], entries[n + 1].event.subject[:-1]) for n in range(0, 80, 2)]
    assert all(first == second for first, second in pairs)
