"""One thread owns the file; what waits for it meanwhile is committed together."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from jax.ports.errors import OutcomeUnknown, Unavailable

T = TypeVar("T")
_MOST_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class _Work:
    call: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"


class CommittingThread:
    """A commit waits for the disk, and the disk takes one as fast as it takes fifty."""

    def __init__(self, name: str, open_connection: Callable[[], sqlite3.Connection]) -> None:
        self._open = open_connection
        self._waiting: SimpleQueue[_Work | None] = SimpleQueue()
        self._opened: SimpleQueue[BaseException | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Raises what opening the file raises."""
        self._thread.start()
        error = self._opened.get()
        if error is not None:
            raise error

    def stop(self) -> None:
        """Finishes what was asked for, closes the file."""
        self._waiting.put(None)
        self._thread.join()

    async def run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """What `call` gives, once it is on disk.

        Unavailable when nothing was written, OutcomeUnknown when the commit itself failed.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put(_Work(call, answer))
        return await answer

    def _run(self) -> None:
        try:
            connection = self._open()
        except BaseException as error:  # noqa: BLE001 - raised where the thread was started
            self._opened.put(error)
            return
        self._opened.put(None)
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if batch:
                _commit(connection, batch)
        connection.close()

    def _next_batch(self) -> tuple[list[_Work], bool]:
        batch: list[_Work] = []
        found = self._waiting.get()
        while found is not None:
            batch.append(found)
            if len(batch) == _MOST_AT_ONCE:
                return batch, True
            try:
                found = self._waiting.get_nowait()
            except Empty:
                return batch, True
        return batch, False


def _commit(connection: sqlite3.Connection, batch: list[_Work]) -> None:
    error: Exception
    try:
        connection.execute("BEGIN IMMEDIATE")
        results = [work.call(connection) for work in batch]
    except sqlite3.Error as problem:
        error = Unavailable(f"the bridge's book: {problem}; nothing was written")
    else:
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as problem:
            error = OutcomeUnknown(f"the bridge's book: the commit failed: {problem}")
        else:
            for work, result in zip(batch, results, strict=True):
                _in_its_loop(work, partial(_give, work.answer, result))
            return
    with suppress(sqlite3.Error):
        connection.execute("ROLLBACK")
    for work in batch:
        _in_its_loop(work, partial(_fail, work.answer, error))


def _in_its_loop(work: _Work, call: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended before its answers came
        work.answer.get_loop().call_soon_threadsafe(call)


def _give(answer: "asyncio.Future[Any]", result: object) -> None:
    if not answer.done():  # whoever asked may have gone
        answer.set_result(result)


def _fail(answer: "asyncio.Future[Any]", error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
