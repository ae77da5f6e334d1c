"""Questions that are asked at the same time share an answer, and never one that is older than they are."""

import asyncio

import pytest

from jax.adapters.brokers.ib.journal_teller import JournalTeller
from jax.adapters.brokers.ib.questions import SharedQuestion
from jax.ports.broker import BrokerEventKind
from jax.ports.errors import Unavailable


class Asked:
    """A question whose answers are its numbers, each given when the test lets it go."""

    def __init__(self) -> None:
        self.begun = 0
        self.let_go = asyncio.Semaphore(0)
        self.is_asked = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        self.is_asked.set()
        number = self.begun
        await self.let_go.acquire()
        return number


async def test_whoever_asks_while_an_answer_is_on_its_way_gets_the_next_one() -> None:
    asked = Asked()
    question = SharedQuestion(asked)
    first = asyncio.create_task(question.answer())
    await asked.is_asked.wait()
    later = [asyncio.create_task(question.answer()) for _ in range(5)]
    await asyncio.sleep(0)
    asked.let_go.release()
    asked.let_go.release()
    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 5
    assert asked.begun == 2


async def test_whoever_hangs_up_takes_no_answer_from_the_others() -> None:
    asked = Asked()
    question = SharedQuestion(asked)
    gone, stays = asyncio.create_task(question.answer()), asyncio.create_task(question.answer())
    await asyncio.sleep(0)
    gone.cancel()
    asked.let_go.release()
    assert await stays == 1


async def test_a_question_that_fails_is_asked_anew() -> None:
    tries = 0

    async def ask() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("not now")
        return tries

    question = SharedQuestion(ask)
    with pytest.raises(Unavailable):
        await question.answer()
    assert await question.answer() == 2


async def test_what_was_heard_before_anybody_listened_is_told_first() -> None:
    teller, told = JournalTeller(), list[str]()

    async def hear(kind: BrokerEventKind, name: str | None, detail: str) -> None:
        if detail == "second":
            raise Unavailable("the journal cannot be written")
        told.append(detail)

    teller.tell(BrokerEventKind.ERROR, None, "first\x00" + "x" * 400)
    teller.tell(BrokerEventKind.ERROR, None, "second")
    await teller.told()
    assert told == []
    teller.listen(hear)
    teller.tell(BrokerEventKind.ORDER, "jx1", "third")
    await teller.told()
    assert [detail[:6] for detail in told] == ["first ", "third"]
    assert len(told[0]) == 300
