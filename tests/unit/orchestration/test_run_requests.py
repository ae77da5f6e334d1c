"""Each request gets one run, whatever happens on the way."""

import asyncio
from datetime import timedelta

import pytest

from jax.adapters.memory.advice_store import MemoryAdviceStore
from jax.adapters.memory.clock import SettableClock
from jax.adapters.memory.database import MemoryDatabase
from jax.domain.advice_run import RunStatus
from jax.modules.orchestration.advise import AdvisingPorts
from jax.modules.orchestration.run_requests import RunRequests
from tests.advice import NOW, ScriptedPlanner, advisers, facts, question, request


def runner(store: MemoryAdviceStore, ports: AdvisingPorts | None = None) -> RunRequests:
    return RunRequests(store=store, ports=ports or advisers(), clock=SettableClock(NOW))


async def test_the_oldest_request_is_run_first_and_each_once() -> None:
    store = MemoryAdviceStore(MemoryDatabase())
    late = request(asked_at=NOW + timedelta(minutes=1))
    assert await store.ask(late)
    assert await store.ask(question("q1"))
    runs = runner(store)
    given = [await runs.run_next() for _ in range(3)]
    assert [run.run_id if run else None for run in given] == ["q1", late.run_id, None]
    assert (await store.get("q1")).run == given[0]


async def test_a_fault_of_ours_is_stored_and_holds_up_nobody() -> None:
    store = MemoryAdviceStore(MemoryDatabase())
    await store.ask(request())
    await store.ask(question("q1", asked_at=NOW + timedelta(minutes=1)))
    runs = runner(store, advisers(ScriptedPlanner(answer=ZeroDivisionError("a bug"))))
    failed, second = await runs.run_next(), await runs.run_next()
    assert failed is not None
    assert (failed.status, failed.outcome, failed.problem) == (
        RunStatus.FAILED,
        None,
        "ZeroDivisionError: a bug",
    )
    assert second is not None
    assert second.run_id == "q1"


async def test_who_ends_in_between_leaves_the_request_as_it_was() -> None:
    store = MemoryAdviceStore(MemoryDatabase())
    await store.ask(request())
    asked, never = asyncio.Event(), asyncio.Event()

    class Hanging(ScriptedPlanner):
        async def plan(self, brief: object) -> None:  # type: ignore[override]
            asked.set()
            await never.wait()

    first = asyncio.create_task(runner(store, advisers(Hanging())).run_next())
    await asked.wait()
    assert await runner(store).run_next() is None, "it is taken"
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    again = await runner(store).run_next()
    assert again is not None
    assert again.run_id == request().run_id


async def test_a_run_says_whom_it_could_ask_and_how_long_it_took() -> None:
    store = MemoryAdviceStore(MemoryDatabase())
    await store.ask(request(facts("sg7")))
    run = await runner(store, advisers(ScriptedPlanner())).run_next()
    assert run is not None
    assert (run.advisers.memories, run.advisers.planner, run.advisers.researcher) == (
        ("memory",),
        "agent0",
        None,
    )
    assert (run.started_at, run.finished_at) == (NOW, NOW)
    assert [(exchange.who, exchange.call) for exchange in run.exchanges] == [
        ("memory", "recall"),
        ("agent0", "plan"),
        ("memory", "retain"),
    ]
