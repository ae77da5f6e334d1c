"""Work that is ended ends, whatever happens at the same moment: a trader that stops waits for all of it."""

import asyncio

import pytest

from jax.app.trader.periodic_job import PeriodicJob
from jax.app.trader.sending_gate import SendingGate
from jax.modules.execution.broker_answer import broker_answer

_AN_HOUR = 3600.0


async def _was_ended(running: "asyncio.Task[None]", *, after_turns: int) -> bool:
    """Whether the task ends when it is canceled that many turns of the loop from now."""
    for _ in range(after_turns):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait([running], timeout=5)
    ended = running.done()
    running.cancel()
    return ended


async def _nothing() -> None:
    return None


@pytest.mark.parametrize("turns", range(6))
async def test_a_job_that_is_ended_as_it_is_hinted_ends(turns: int) -> None:
    gate = SendingGate(execution_enabled=True)
    job = PeriodicJob("reconciliation", _nothing, interval_seconds=_AN_HOUR, gate=gate)
    running = asyncio.create_task(job.run())
    await asyncio.sleep(0.01)
    job.hint()
    assert await _was_ended(running, after_turns=turns)


@pytest.mark.parametrize("turns", range(6))
async def test_a_job_that_is_ended_as_the_broker_answers_ends(turns: int) -> None:
    answered = asyncio.Event()

    async def ask_for_good() -> None:
        while True:
            await broker_answer(answered.wait())
            await asyncio.sleep(_AN_HOUR)

    running = asyncio.create_task(ask_for_good())
    await asyncio.sleep(0.01)
    answered.set()
    assert await _was_ended(running, after_turns=turns)
