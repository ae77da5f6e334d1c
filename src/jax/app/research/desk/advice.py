"""Advice: asked for, given one request at a time in the background, and read."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from jax.app.research.desk.parts import DeskParts
from jax.domain.advice_request import ADVICE_TOPIC, AdviceRequest, run_id_of_signal
from jax.domain.advice_run import AskedAdvice
from jax.modules.orchestration.run_requests import RunRequests
from jax.ports.errors import PortError

_LOOK_EVERY_SECONDS = 5.0
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks; about a signal if it names one."""

    symbol: str
    signal_id: str | None
    trigger_type: str
    context: str


@dataclass(frozen=True, slots=True)
class AdvicePage:
    """Newest first; `next_cursor` is None on the last page."""

    asked: Sequence[AskedAdvice]
    next_cursor: str | None


class Advice:
    """A signal is asked about once: whoever asks again is told of the first run."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._requests = RunRequests(store=parts.advice, ports=parts.advising, clock=parts.clock)
        self._hinted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def ask(self, question: Question) -> tuple[AskedAdvice, bool]:
        """The request, stored for good, and whether it is new; NotFound when there is no such signal."""
        store = self._parts.advice
        signal = None if question.signal_id is None else await store.signal(question.signal_id)
        request = AdviceRequest(
            run_id=self._parts.ids.new_id() if signal is None else run_id_of_signal(signal.signal_id),
            symbol=question.symbol,
            trigger_type=question.trigger_type,
            context=question.context,
            signal=signal,
            asked_at=self._parts.clock.now(),
        )
        is_new = await store.ask(request)
        self._hinted.set()
        return await store.get(request.run_id), is_new

    async def get(self, run_id: str) -> AskedAdvice:
        """NotFound."""
        return await self._parts.advice.get(run_id)

    async def page(self, *, cursor: str | None, limit: int) -> AdvicePage:
        """At most `limit` requests with their runs, behind the one with the id `cursor`."""
        found = await self._parts.advice.page(before=cursor, limit=limit + 1)
        asked = found[:limit]
        return AdvicePage(asked, asked[-1].request.run_id if len(found) > limit else None)

    def begin(self) -> None:
        """Answers what is asked, from now on and in the background."""
        self._tasks = [asyncio.create_task(self._answer()), asyncio.create_task(self._hear())]

    async def end(self) -> None:
        """Stops; the request that is under way is as it was, and is answered after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self) -> None:
        problem: str | None = None
        while True:
            try:
                while run := await self._requests.run_next():
                    used = None if run.outcome is None else run.outcome.used
                    _log.info("advice.given", run_id=run.run_id, status=run.status, used=str(used))
                problem = None
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look comes
                told = f"{type(error).__name__}: {error}"
                if told != problem:
                    _log.warning("advice.waits", problem=told, is_fault=not isinstance(error, PortError))
                problem = told
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._hinted.wait()
            self._hinted.clear()

    async def _hear(self) -> None:
        while True:
            with suppress(PortError):
                async with self._parts.event_bus.subscribe(ADVICE_TOPIC) as hints:
                    # What was said before anybody listened is in the tables.
                    self._hinted.set()
                    async for _ in hints:
                        self._hinted.set()
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
