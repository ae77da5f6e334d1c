"""Compares again and again for days, and goes on where it was when it was stopped."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from jax.app.shadow.comparing import Sides, compare_once, document, row_of, summary
from jax.app.shadow.metrics_file import metrics_text
from jax.app.shadow.report_page import report_page
from jax.app.shadow.validation_state import ValidationState, load_state, store_state, write_whole
from jax.app.spans import moment, span
from jax.domain.errors import InvalidValue
from jax.modules.shadow.compare_decisions import Comparison
from jax.ports.errors import Unavailable

_STATE, _METRICS, _REPORT = "validation.json", "jax_shadow.prom", "report.html"
_LONGEST_WAIT_AFTER_FAILURE = timedelta(minutes=1)


class Validation:
    """Its files lie in one folder: where it stands, its counters, its page."""

    def __init__(self, folder: Path, sides: Sides, asked: dict[str, str]) -> None:
        """`asked`: legacy and shadow without passwords, since, every, runs, settle. InvalidValue."""
        self._folder = folder
        self._sides = sides
        self._every = span("every", asked["every"])
        self._settle = span("settle", asked["settle"])
        self.state = self._begun(asked)

    async def run(self, tell: Callable[[Comparison, str], None]) -> ValidationState:
        """The state after the last run; each run is told as it ends, with its line.

        A database that cannot be read is asked again and counts as no run. Every run compares all from the
        beginning on, so that what one of them has missed the next one finds.
        """
        while not self.state.is_finished:
            await self._wait()
            try:
                comparison = await compare_once(
                    self._sides, datetime.fromisoformat(self.state.since), self._settle
                )
            except Unavailable as error:
                self.state.failures += 1
                self.state.last_failure = str(error)
                self._store()
                await asyncio.sleep(min(self._every, _LONGEST_WAIT_AFTER_FAILURE).total_seconds())
                continue
            self._note(comparison)
            tell(comparison, f"run {len(self.state.runs)} of {self.state.wanted}: {summary(comparison)}")
        return self.state

    def _begun(self, asked: dict[str, str]) -> ValidationState:
        path = self._folder / _STATE
        stored = load_state(path)
        if stored is not None and stored.asked == asked:
            return stored
        if stored is not None and not stored.is_finished:
            raise InvalidValue(
                "validation",
                f"{path} holds another one after {len(stored.runs)} of {stored.wanted} runs; "
                "go on with its options, or move the file away",
            )
        since = moment("since", asked["since"], now=self._sides.clock.now())
        return ValidationState(asked, since.isoformat())

    async def _wait(self) -> None:
        """Until the next run is due; after a long sleep that is at once, and only one."""
        if not self.state.runs:
            return
        due = datetime.fromisoformat(self.state.runs[-1]["at"]) + self._every
        # A machine that slept meanwhile is a little late, which changes nothing.
        await asyncio.sleep(max((due - self._sides.clock.now()).total_seconds(), 0.0))

    def _note(self, comparison: Comparison) -> None:
        seen = {tuple(found) for found in self.state.seen}
        for found in comparison.differences:
            row = row_of(found)
            if (row[0], row[2]) not in seen:
                self.state.seen.append([row[0], row[2]])
                seen.add((row[0], row[2]))
        at = self._sides.clock.now().isoformat()
        self.state.runs.append({"at": at, **document(comparison)})
        self._store()

    def _store(self) -> None:
        # The state first: what is counted twice after a crash would be a lie, what is shown late is not.
        store_state(self._folder / _STATE, self.state)
        write_whole(self._folder / _METRICS, metrics_text(self.state))
        write_whole(self._folder / _REPORT, report_page(self.state))
