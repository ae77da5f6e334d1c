"""Executions run in tasks of their own: a client that hangs up changes nothing."""

import asyncio
from dataclasses import replace
from typing import Protocol

from jax.domain.risk_decision import Denied
from jax.modules.execution.execute_signal import Executed

Outcome = Executed | Denied


class Execute(Protocol):
    """The use case."""

    async def __call__(self, signal_id: str, *, approved_by: str, key: str | None) -> Outcome: ...


class Executions:
    """At most one task a signal; whoever asks for the same signal meanwhile waits for the same task.

    Under another key it is another request, which waits for its turn: each key is kept with its answer.
    """

    def __init__(self, execute: Execute) -> None:
        self._execute = execute
        self._running: dict[str, asyncio.Task[Outcome]] = {}
        self._keys: dict[str, tuple[str, str] | None] = {}

    async def run(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Outcome:
        """The outcome, also when the caller is canceled while others wait; as `execute` raises."""
        keyed = None if key is None else (key, approved_by)
        while (running := self._running.get(signal_id)) is not None:
            if self._keys[signal_id] == keyed:
                return _as_repeat(await asyncio.shield(running))
            await asyncio.wait([running])
        task = asyncio.ensure_future(self._execute(signal_id, approved_by=approved_by, key=key))
        self._running[signal_id], self._keys[signal_id] = task, keyed
        task.add_done_callback(lambda done: self._forget(signal_id, done))
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Waits for what is running; what fails was told to its caller."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _forget(self, signal_id: str, done: "asyncio.Task[Outcome]") -> None:
        del self._running[signal_id], self._keys[signal_id]
        if not done.cancelled():
            done.exception()  # a caller that hung up does not ask for it any more


def _as_repeat(outcome: Outcome) -> Outcome:
    return replace(outcome, repeated=True) if isinstance(outcome, Executed) else outcome
