"""What every AdviceStore does, and the outbox that the trader's transactions write to."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from jax.adapters.memory.advice_store import MemoryAdviceStore
from jax.adapters.memory.unit_of_work import MemoryUnitOfWork
from jax.adapters.postgres.advice_store import PostgresAdviceStore
from jax.adapters.postgres.database import PostgresDatabase
from jax.domain.advice import ToolResult
from jax.domain.advice_request import AdviceRequest, SignalFacts
from jax.domain.advice_run import AdviceRun, Advisers, AskedAdvice, Exchange, Outcome, RunStatus, Used
from jax.domain.errors import InvalidValue
from jax.domain.signal import Signal
from jax.ports.advice_store import AdviceStore
from jax.ports.errors import Conflict, NotFound
from jax.ports.unit_of_work import UnitOfWork
from tests.advice import NOW, facts, plan, question, request
from tests.contract.storages import Storage


@pytest.fixture
async def store(storage: Storage, storage_url: str | None) -> AsyncIterator[AdviceStore]:
    if storage_url is None:
        assert isinstance(storage.unit_of_work, MemoryUnitOfWork)
        yield MemoryAdviceStore(storage.unit_of_work._database)
        return
    # What research may do is enough.
    database = PostgresDatabase(storage_url, role="jax_research")
    yield PostgresAdviceStore(database)
    await database.close()


TOLD = ToolResult("memory.reflect", ("AAPL",), None, "no")


def run(of: AdviceRequest) -> AdviceRun:
    return AdviceRun(
        run_id=of.run_id,
        status=RunStatus.COMPLETED,
        outcome=Outcome(
            plan("Wait."),
            Used(memory="memory"),
            (ToolResult("memory.reflect", ("AAPL",), None, "no"),),
            ("x",),
        ),
        problem=None,
        advisers=Advisers(("memory",), None, None),
        exchanges=(Exchange("memory", "recall", '"?"', None, 'Ünïcode\n"it\'s" <U+0000>'),),
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=2.5),
    )


async def _take_and_store(store: AdviceStore) -> AdviceRun | None:
    async with store.take() as taken:
        if taken is None:
            return None
        made = run(taken.request)
        await taken.store(made)
        return made


async def test_gives_back_a_request_and_its_run(store: AdviceStore) -> None:
    asked = request(facts(take_profit=None), context="what now?\nsay it")
    assert await store.ask(asked)
    assert await store.get(asked.run_id) == AskedAdvice(asked, None)
    made = await _take_and_store(store)
    assert await store.get(asked.run_id) == AskedAdvice(asked, made)


async def test_a_signal_is_asked_about_once(store: AdviceStore, unit_of_work: UnitOfWork) -> None:
    first = request()
    assert await store.ask(first)
    assert not await store.ask(replace(first, context="again"))
    assert not await store.ask(replace(first, run_id="another"))
    async with unit_of_work.begin() as transaction:
        assert not await transaction.advice.add(first)
    assert [one.request for one in await store.page()] == [first]


async def test_of_many_requests_of_a_transaction_those_count_that_are_new(
    store: AdviceStore, unit_of_work: UnitOfWork
) -> None:
    asked = [request(), question("q1"), question("q2")]
    await store.ask(asked[1])
    async with unit_of_work.begin() as transaction:
        assert await transaction.advice.add_all([]) == 0
        assert await transaction.advice.add_all([*asked, replace(asked[0], run_id="another")]) == 2
    assert {one.request.run_id for one in await store.page()} == {one.run_id for one in asked}


async def test_questions_without_a_signal_do_not_hinder_one_another(store: AdviceStore) -> None:
    assert await store.ask(question("q1"))
    assert await store.ask(question("q2"))


async def test_of_eight_who_ask_about_a_signal_at_once_one_is_new(store: AdviceStore) -> None:
    added = await asyncio.gather(*(store.ask(request()) for _ in range(8)))
    assert sorted(added) == [False] * 7 + [True]


async def test_the_outbox_is_stored_with_its_transaction_or_not_at_all(
    store: AdviceStore, unit_of_work: UnitOfWork
) -> None:

    async def fail() -> None:
        async with unit_of_work.begin() as transaction:
            assert await transaction.advice.add(request())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await store.page() == []
    async with unit_of_work.begin() as transaction:
        assert await transaction.advice.add(request())
    assert [one.request for one in await store.page()] == [request()]


async def test_the_oldest_is_taken_first_and_what_has_a_run_no_more(store: AdviceStore) -> None:
    late, early = question("q1", asked_at=NOW + timedelta(seconds=1)), question("q2")
    await store.ask(late)
    await store.ask(early)
    made = [await _take_and_store(store) for _ in range(3)]
    assert [one.run_id if one else None for one in made] == ["q2", "q1", None]


async def test_what_is_taken_is_out_of_the_others_reach(store: AdviceStore) -> None:
    await store.ask(question("q1"))
    await store.ask(question("q2"))
    async with store.take() as first, store.take() as second, store.take() as third:
        assert first is not None
        assert second is not None
        assert {first.request.run_id, second.request.run_id} == {"q1", "q2"}
        assert third is None


async def test_of_eight_who_run_at_once_each_request_is_run_by_one(store: AdviceStore) -> None:
    for number in range(4):
        await store.ask(question(f"q{number}"))
    made = await asyncio.gather(*(_take_and_store(store) for _ in range(4)))
    assert sorted(one.run_id for one in made if one) == ["q0", "q1", "q2", "q3"]


async def test_what_was_taken_and_not_stored_is_taken_again(store: AdviceStore) -> None:
    await store.ask(request())

    async def fail() -> None:
        async with store.take() as taken:
            assert taken is not None
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.take() as taken:
        assert taken is not None
        assert taken.request == request()
    assert (await store.get(request().run_id)).run is None


async def test_a_request_has_one_run(store: AdviceStore) -> None:
    await store.ask(request())
    async with store.take() as taken:
        assert taken is not None
        await taken.store(run(request()))
        with pytest.raises(Conflict):
            await taken.store(replace(run(request()), problem="another"))
    assert (await store.get(request().run_id)).run == run(request())


async def test_a_run_answers_the_request_that_was_taken(store: AdviceStore) -> None:
    await store.ask(question("q1"))
    await store.ask(question("q2"))
    async with store.take() as taken:
        assert taken is not None
        with pytest.raises(Conflict, match="does not answer"):
            await taken.store(run(question("q2")))


async def test_pages_are_newest_first_and_follow_one_another(store: AdviceStore) -> None:
    for run_id, minute in (("q2", 1), ("q1", 1), ("q3", 2), ("q4", 0), ("q5", 1)):
        await store.ask(question(run_id, asked_at=NOW + timedelta(minutes=minute)))
    pages: list[list[str]] = []
    for _ in range(4):
        before = pages[-1][-1] if pages else None
        pages.append([one.request.run_id for one in await store.page(before=before, limit=2)])
        if not pages[-1]:
            break
    assert pages == [["q3", "q1"], ["q2", "q5"], ["q4"], []]


async def test_what_there_is_not_is_not_found(store: AdviceStore) -> None:
    with pytest.raises(NotFound, match="q9"):
        await store.get("q9")
    with pytest.raises(NotFound, match="q9"):
        await store.page(before="q9")
    with pytest.raises(NotFound, match="sg9"):
        await store.signal("sg9")


@pytest.mark.parametrize("limit", [0, 1001])
async def test_refuses_a_limit_outside_1_to_1000(store: AdviceStore, limit: int) -> None:
    with pytest.raises(InvalidValue, match="limit"):
        await store.page(limit=limit)


async def test_reads_the_facts_of_a_signal(store: AdviceStore, approved: Signal) -> None:
    assert await store.signal(approved.signal_id) == SignalFacts.of(approved)
