"""An event loop whose time is a number, and whose processes can die and freeze.

    loop = VirtualLoop()
    trader = Process("trader-1")
    loop.spawn(trader, main())     # the task and whatever it starts belong to the process
    loop.run(until=60.0)

Nothing sleeps: when nothing is ready, time is set to that of the next timer. The order of everything follows
from the order in which it was asked for, so that equal seeds give equal runs.
"""

import asyncio
import heapq
import warnings
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Process:
    """What dies and freezes as one: its tasks, its timers and what they started."""

    def __init__(self, name: str, *, is_alive: bool = True) -> None:
        self.name = name
        self.is_alive = is_alive
        self.is_buried = False
        self.frozen_until = 0.0
        self.tasks: dict[asyncio.Task[Any], None] = {}


_OWNER: ContextVar[Process | None] = ContextVar("process", default=None)


def current_process() -> Process | None:
    """The process whose code runs now; None outside of all."""
    return _OWNER.get()


class _Call:
    """A callback that is to run: what asyncio calls a Handle or a TimerHandle."""

    __slots__ = ("_when", "arguments", "callback", "context", "is_canceled")

    def __init__(
        self,
        callback: Callable[..., object],
        arguments: tuple[Any, ...],
        context: Context | None,
        when: float,
    ) -> None:
        self.callback = callback
        self.arguments = arguments
        self.context = context if context is not None else copy_context()
        self.is_canceled = False
        self._when = when

    def cancel(self) -> None:
        self.is_canceled = True

    def cancelled(self) -> bool:
        return self.is_canceled

    def when(self) -> float:
        return self._when


class VirtualLoop(asyncio.AbstractEventLoop):
    """As much of an event loop as asyncio's own tasks, futures, locks and timeouts ask for."""

    def __init__(self) -> None:
        self._time = 0.0
        self._ready: deque[_Call] = deque()
        self._timers: list[tuple[float, int, _Call]] = []
        self._count = 0
        self._is_stopped = False
        self.errors: list[BaseException] = []

    # What asyncio asks for.

    def time(self) -> float:
        return self._time

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(  # type: ignore[override] # a Handle needs a loop of its own kind
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> _Call:
        call = _Call(callback, args, context, self._time)
        self._ready.append(call)
        return call

    def call_at(  # type: ignore[override] # as above
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> _Call:
        call = _Call(callback, args, context, when)
        self._push(when, call)
        return call

    def call_later(  # type: ignore[override] # as above
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: Context | None = None,
    ) -> _Call:
        return self.call_at(self._time + delay, callback, *args, context=context)

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override] # narrower than asyncio's generator-friendly one
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[T]":
        task = asyncio.Task(coro, loop=self, name=name or "task", context=context)
        owner = (context or copy_context()).get(_OWNER)
        if owner is not None:
            owner.tasks[task] = None
            task.add_done_callback(lambda done: owner.tasks.pop(done, None))
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """An error that nobody asked for; the world decides what it means."""
        error = context.get("exception")
        if error is not None:
            self.errors.append(error)

    # What the simulation asks for.

    def spawn(self, process: Process, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """A task of `process`."""
        context = copy_context()
        context.run(_OWNER.set, process)
        return context.run(self.create_task, work)

    def at(self, when: float, action: Callable[[], object]) -> None:
        """Runs `action` at `when`, in no process at all: it is the world that acts."""
        self._push(when, _Call(action, (), Context(), when))

    def freeze(self, process: Process, seconds: float) -> None:
        """Nothing of the process runs for so long; then everything that has become due."""
        process.frozen_until = max(process.frozen_until, self._time + seconds)

    def kill(self, process: Process) -> None:
        """The process is gone: nothing of it runs any more.

        Its coroutines are closed, which ends their transactions as a lost connection would; the doors of a
        dead process are shut (see `current_process`), so that nothing else comes of it.
        """
        process.is_alive = False
        process.is_buried = True
        with warnings.catch_warnings():
            # Of what a `finally` would still have waited for.
            warnings.simplefilter("ignore", RuntimeWarning)
            for task in list(process.tasks):
                task._log_destroy_pending = False  # type: ignore[attr-defined] # as asyncio.gather does
                try:
                    task.get_coro().close()
                except (RuntimeError, ValueError) as error:
                    if "already executing" in str(error):
                        raise
        process.tasks.clear()

    def stop(self) -> None:
        """Ends `run` before the next callback."""
        self._is_stopped = True

    def run(self, *, until: float) -> None:
        """Runs what becomes due before `until`, or until stopped."""
        asyncio._set_running_loop(self)
        try:
            while not self._is_stopped and self._next_is_due(until):
                self._run_one(self._ready.popleft())
        finally:
            asyncio._set_running_loop(None)
        if not self._is_stopped:
            self._time = until

    def _next_is_due(self, until: float) -> bool:
        if self._ready:
            return True
        while self._timers:
            when, _, call = self._timers[0]
            if call.is_canceled:
                heapq.heappop(self._timers)
                continue
            if when >= until:
                return False
            heapq.heappop(self._timers)
            self._time = max(self._time, when)
            self._ready.append(call)
            return True
        return False

    def _run_one(self, call: _Call) -> None:
        if call.is_canceled:
            return
        owner = call.context.get(_OWNER)
        if owner is not None:
            if not owner.is_alive:
                return
            if owner.frozen_until > self._time:
                self._push(owner.frozen_until, call)
                return
        call.context.run(call.callback, *call.arguments)

    def _push(self, when: float, call: _Call) -> None:
        self._count += 1
        heapq.heappush(self._timers, (when, self._count, call))
