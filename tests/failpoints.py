"""Every await of a port can fail: stores and a broker that count the calls and break at a chosen one."""

import asyncio
import inspect
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from types import FrameType
from typing import Any, TypeVar, cast

from jax.ports.broker import Broker
from jax.ports.errors import OutcomeUnknown, Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.failing_ports import Crash

T = TypeVar("T")
_WATCHED = "/jax/modules/execution/"
_BETWEEN = frozenset({"booked_unit_of_work.py", "broker_answer.py"})


class Failure(Enum):
    """What becomes of a call."""

    REFUSED = "nothing is done, and the caller hears an error"
    LOST = "it is done, and the caller hears an error"
    CANCELED = "whoever waits for it is canceled"
    CRASH_BEFORE = "the process dies before it is done"
    CRASH_AFTER = "the process dies after it was done"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the code under test that waits for a port, however many calls further on."""

    file: str
    number: int


@dataclass(slots=True)
class Failpoints:
    """Those of one process: at call number `at` (from 1; 0 never), or the first of that name, happens
    `failure`, and before it `meanwhile`.

    A process that has crashed does nothing any more, in none of its tasks.
    """

    at: int | str = 0
    failure: Failure | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None
    names: list[str] = field(default_factory=list)
    lines: set[Line] = field(default_factory=set)
    line_of: list[Line] = field(default_factory=list)
    is_dead: bool = False
    _has_failed: bool = False

    def arm(self, at: int | str, failure: Failure | None = None) -> None:
        """Counts from 1 again."""
        self.at, self.failure, self.meanwhile = at, failure, None
        self._has_failed = False
        self.names.clear()
        self.line_of.clear()

    async def call(self, name: str, call: Callable[[], Awaitable[T]], *, lost: type[Exception]) -> T:
        """The answer of `call`, or what happens instead; `lost` is what a lost answer is heard as."""
        self._live(name)
        self.names.append(name)
        self.line_of.append(self.note_lines())
        if self.at not in {len(self.names), name} or self._has_failed:
            answer = await call()
            self._live(name)
            return answer
        self._has_failed = True
        if self.meanwhile is not None:
            await self.meanwhile()
        return await self._broken(name, call, lost)

    async def _broken(self, name: str, call: Callable[[], Awaitable[T]], lost: type[Exception]) -> T:
        if self.failure is Failure.REFUSED:
            raise Unavailable(f"{name}: refused")
        if self.failure is Failure.CRASH_BEFORE:
            self._die(name)
        if self.failure is Failure.CANCELED:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        answer = await call()
        # For a call that has not waited: a cancellation is heard here at the latest.
        await asyncio.sleep(0)
        if self.failure is Failure.LOST:
            raise lost(f"{name}: no answer")
        if self.failure is Failure.CRASH_AFTER:
            self._die(name)
        return answer

    def note_lines(self) -> Line:
        """Remembers every line that waits now; the innermost that is not about every call alike."""
        found, frame = [], cast("FrameType | None", sys._getframe(1))
        while frame is not None:
            if _WATCHED in frame.f_code.co_filename:
                found.append(Line(frame.f_code.co_filename.rpartition("/")[2], frame.f_lineno))
            frame = frame.f_back
        self.lines.update(found)
        return next((line for line in found if line.file not in _BETWEEN), Line("", 0))

    def _die(self, name: str) -> None:
        self.is_dead = True
        raise Crash(name)

    def _live(self, name: str) -> None:
        if self.is_dead:
            raise Crash(name)


class _Calls:
    """Passes on what it is asked, each coroutine past the failpoints."""

    def __init__(self, real: object, name: str, points: Failpoints, lost: type[Exception]) -> None:
        self._real = real
        self._name = name
        self._points = points
        self._lost = lost

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)
        if not inspect.iscoroutinefunction(call):
            return call

        def made(*args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
            # Whoever awaits it may be another function than the one that asks.
            self._points.note_lines()
            named = f"{self._name}.{name}"
            return self._points.call(named, lambda: call(*args, **kwargs), lost=self._lost)

        return made


class _Transaction:
    """`_real` is the transaction without failpoints."""

    def __init__(self, real: Transaction, points: Failpoints) -> None:
        self._real = real
        self._points = points

    def __getattr__(self, name: str) -> Any:
        store = _Calls(getattr(self._real, name), name, self._points, Unavailable)
        setattr(self, name, store)
        return store


class FailingStores:
    """A UnitOfWork: begin, each statement and commit may fail; an error within it rolls back for real."""

    def __init__(self, real: UnitOfWork, points: Failpoints) -> None:
        self._real = real
        self._points = points

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        opened = _Opened(self._real.begin())
        try:
            transaction = await self._points.call("begin", opened.enter, lost=Unavailable)
            yield cast("Transaction", _Transaction(transaction, self._points))
            await self._points.call("commit", opened.commit, lost=OutcomeUnknown)
        except BaseException as error:
            await opened.roll_back(error)
            raise


class _Opened:
    """A transaction that is entered, committed or rolled back by hand."""

    def __init__(self, block: AbstractAsyncContextManager[Transaction]) -> None:
        self._block = block
        self._is_open = False

    async def enter(self) -> Transaction:
        transaction = await self._block.__aenter__()
        self._is_open = True
        return transaction

    async def commit(self) -> None:
        self._is_open = False
        await self._block.__aexit__(None, None, None)

    async def roll_back(self, error: BaseException) -> None:
        if self._is_open:
            self._is_open = False
            with suppress(type(error)):
                await self._block.__aexit__(type(error), error, error.__traceback__)


def failing_broker(real: Broker, points: Failpoints) -> Broker:
    """A Broker whose every call may fail."""
    return cast("Broker", _Calls(real, "broker", points, OutcomeUnknown))
