"""Questions to the gateway that wait for their answers."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

from jax.ports.errors import Unavailable

T = TypeVar("T")
# Questions are numbered from here: an error names a question or an order by the same field.
FIRST_NUMBER = 900_000_000


class GatewayComplained(Exception):
    """The gateway has answered a question with an error code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code


class OpenQuestions:
    """Who waits for which answer; the gateway names the questions by a word or a number."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, asyncio.Future[None]] = {}

    def ask(self, name: Hashable) -> "asyncio.Future[None]":
        """Done when the answer has ended."""
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        return answer

    def end(self, name: Hashable) -> None:
        """The answer is whole."""
        answer = self._waiting.pop(name, None)
        if answer is not None and not answer.done():
            answer.set_result(None)

    def fail(self, name: Hashable, error: Exception) -> bool:
        """There will be no answer; says whether anybody waited for it."""
        answer = self._waiting.pop(name, None)
        if answer is None or answer.done():
            return False
        answer.set_exception(error)
        return True

    def fail_all(self, reason: str) -> None:
        """The gateway is gone."""
        for name in list(self._waiting):
            self.fail(name, Unavailable(reason))


class SharedQuestion(Generic[T]):
    """One question at a time; whoever asks shares the first one that begins after that.

    An answer that was on its way before is not given: it may not hold what has happened since.
    """

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._asking = asyncio.Lock()
        self._next: asyncio.Task[T] | None = None

    async def answer(self) -> T:
        """As the question's own answer; what it raises, everybody who shares it gets."""
        if self._next is None:
            self._next = asyncio.create_task(self._after_the_one_before())
            self._next.add_done_callback(_looked_at)
        return await asyncio.shield(self._next)

    async def _after_the_one_before(self) -> T:
        async with self._asking:
            self._next = None
            return await self._ask()


def _looked_at(task: "asyncio.Task[Any]") -> None:
    if not task.cancelled():
        task.exception()  # whoever asked may have gone
