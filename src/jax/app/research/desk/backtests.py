"""Backtests that people ask for: they wait their turn, run, are kept or fail, and are remembered."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from jax.app.research.backtest_process import keep_in_another_process
from jax.app.research.backtest_run import BacktestRequest
from jax.app.research.desk.background_runs import BackgroundRuns, RunProgress
from jax.app.research.desk.backtest_view import (
    BacktestPage,
    BacktestStatus,
    BacktestView,
    view_of_failure,
    view_of_kept,
    view_of_success,
    view_of_work,
)
from jax.app.research.desk.parts import DeskParts
from jax.app.research.request_document import request_document
from jax.app.research.run_errors import CANCELED, LOST, RunEnded, error_of, told
from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.ports.asked_runs import AskedRun
from jax.ports.errors import Conflict, NotFound, PortError


@dataclass(frozen=True, slots=True)
class AskedBacktest:
    """What was asked for, in its one spelling."""

    document: str


BacktestRuns = BackgroundRuns[AskedBacktest, str]


class Backtests:
    """Each is a process of its own. What the command line has kept is here too, under the id that it told."""

    def __init__(self, parts: DeskParts, runs: BacktestRuns) -> None:
        self._parts = parts
        self._runs = runs
        self._asked: dict[str, AskedRun] = {}
        self._starting = asyncio.Lock()

    async def restore(self) -> None:
        """Remembers what was asked for before; what had not ended when the server stopped is lost."""
        for run in await self._parts.asked_runs.all():
            self._asked[run.run_id] = run
            if run.ended_at is None:
                await self._end(
                    run.run_id,
                    error=RunEnded("the server stopped before it was done: ask for it again", code=LOST),
                )

    async def start(self, request: BacktestRequest) -> BacktestView:
        """The run, or the one that is under way for the same request.

        InvalidValue for a strategy or a symbol that there is not; Unavailable when too many are waiting.
        """
        await self._parts.research.check_named(request)
        document = request_document(request)
        asked = AskedBacktest(canonical_bytes(document).decode())
        async with self._starting:
            run = self._runs.under_way(asked)
            if run is None:
                self._runs.check_room()
                record = AskedRun(self._parts.ids.new_id(), self._parts.clock.now(), document)
                await self._parts.asked_runs.save(record)
                self._asked[record.run_id] = record
                run = self._runs.start(asked, self._work(record.run_id, request), run_id=record.run_id)
        return await self.get(run.run_id)

    async def get(self, run_id: str) -> BacktestView:
        """The run as it stands, by the id that `start` gave or by that of a run that is kept; NotFound."""
        if run_id in self._asked:
            return await self._view(self._asked[run_id])
        return view_of_kept(await self._parts.runs.get(run_id))

    async def page(self, *, cursor: str | None, limit: int) -> BacktestPage:
        """At most `limit` runs behind the one with the id `cursor`; InvalidValue for one there is not."""
        there = {run.run_id: run for run in await self._parts.runs.newest()}
        shown = {run.kept_as for run in self._asked.values()}
        moments = {run.run_id: run.asked_at for run in self._asked.values()}
        moments |= {run_id: run.kept_at for run_id, run in there.items() if run_id not in shown}
        ids = sorted(moments, key=lambda run_id: (moments[run_id], run_id), reverse=True)
        first = 0
        if cursor is not None:
            if cursor not in moments:
                raise InvalidValue("cursor", f"{cursor} is not a run: take next_cursor of the page before")
            first = ids.index(cursor) + 1
        chosen = ids[first : first + limit]
        views = [
            await self._view(self._asked[run_id]) if run_id in self._asked else view_of_kept(there[run_id])
            for run_id in chosen
        ]
        return BacktestPage(views, chosen[-1] if first + limit < len(ids) else None)

    async def cancel(self, run_id: str) -> BacktestView:
        """Ends the run, if it is under way, and its process with it; NotFound."""
        if run_id in self._asked and self._asked[run_id].ended_at is None:
            await self._runs.cancel(run_id)
        if run_id in self._asked and self._asked[run_id].ended_at is None:
            await self._end(run_id, error=RunEnded("it was canceled before it was done", code=CANCELED))
        return await self.get(run_id)

    async def kept_as(self, run_id: str) -> str:
        """The id under which the finished run is kept; NotFound, Conflict for one that is not DONE."""
        view = await self.get(run_id)
        if view.status is BacktestStatus.FAILED:
            raise Conflict(f"The run {run_id} has FAILED and made nothing: its problem says why")
        if view.status is not BacktestStatus.DONE:
            raise Conflict(f"The run {run_id} is {view.status}: ask again when it is DONE")
        if view.kept is None:
            raise view.error or NotFound(f"There is no run {run_id}")
        return view.kept.run_id

    def _work(self, run_id: str, request: BacktestRequest) -> Callable[[RunProgress], Awaitable[str]]:
        async def work(progress: RunProgress) -> str:
            try:
                kept_as = await keep_in_another_process(self._parts.home, request, progress)
            except Exception as error:
                await self._end(run_id, error=error)
                raise
            await self._end(run_id, kept_as=kept_as)
            return kept_as

        return work

    async def _end(self, run_id: str, *, kept_as: str | None = None, error: Exception | None = None) -> None:
        run = replace(
            self._asked[run_id],
            ended_at=self._parts.clock.now(),
            kept_as=kept_as,
            error=None if error is None else told(error),
        )
        await self._parts.asked_runs.save(run)
        self._asked[run_id] = run

    async def _view(self, run: AskedRun) -> BacktestView:
        if run.ended_at is None:
            return view_of_work(run, self._runs.get(run.run_id))
        if run.kept_as is None:
            return view_of_failure(run, None if run.error is None else error_of(run.error))
        try:
            return view_of_success(run, await self._parts.runs.get(run.kept_as))
        except PortError as error:
            return view_of_success(run, None, error)
