"""Every question to an agent and its answer, taken down on the way, or played again."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from jax.domain.advice import LONGEST_LINE, bounded
from jax.domain.advice_run import Exchange
from jax.domain.value_document import text_of, value_from
from jax.ports.errors import PortError, Unavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked to do what; `question` is everything that it is told."""

    who: str
    call: str
    question: Any


class Tape(Protocol):
    """Stands between a run and whomever it asks."""

    async def exchange(self, asked: Asked, ask: Callable[[], Awaitable[T]], *, kind: Any) -> T:
        """The answer, a value of `kind`; Unavailable, in the same words every time, when there is none."""
        ...


class RecordingTape:
    """Asks, and takes down what was said."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    async def exchange(self, asked: Asked, ask: Callable[[], Awaitable[T]], *, kind: Any) -> T:
        question = text_of(asked.question)
        try:
            told = text_of(await ask())
        except PortError as error:
            problem = bounded(str(error), longest=LONGEST_LINE)
            self.exchanges.append(Exchange(asked.who, asked.call, question, None, problem))
            raise Unavailable(problem) from error
        self.exchanges.append(Exchange(asked.who, asked.call, question, told, None))
        # What goes on from here is what a replay will see, to the last character.
        return value_from(kind, told)  # type: ignore[no-any-return]


class ReplayDiffers(Exception):
    """A replay asks what was not asked, or asks it of somebody else; the message says what."""


class ReplayingTape:
    """Asks nobody: each question must be the next one on the tape, and gets the answer that it had."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._left = list(enumerate(exchanges, start=1))

    async def exchange(self, asked: Asked, ask: Callable[[], Awaitable[T]], *, kind: Any) -> T:
        if not self._left:
            raise ReplayDiffers(f"{asked.who} is asked to {asked.call} after the last exchange")
        number, recorded = self._left.pop(0)
        if (recorded.who, recorded.call) != (asked.who, asked.call):
            raise ReplayDiffers(
                f"exchange {number}: {recorded.who} was asked to {recorded.call}, and now {asked.who} to "
                f"{asked.call}"
            )
        question = text_of(asked.question)
        if recorded.question != question:
            raise ReplayDiffers(f"exchange {number}: recorded {recorded.question}, replayed {question}")
        if recorded.answer is None:
            raise Unavailable(recorded.problem or "")
        return value_from(kind, recorded.answer)  # type: ignore[no-any-return]

    def check_played(self) -> None:
        """ReplayDiffers when something was recorded that the replay did not ask."""
        if self._left:
            number, recorded = self._left[0]
            raise ReplayDiffers(f"exchange {number}: {recorded.who} was asked to {recorded.call}, and is not")
