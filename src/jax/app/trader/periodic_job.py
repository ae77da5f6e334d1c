"""Work that the engine does again and again."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from jax.app.trader.sending_gate import SendingGate
from jax.ports.errors import OutcomeUnknown, Unavailable

Action = Callable[[], Awaitable[object]]
_log = structlog.get_logger()


class PeriodicJob:
    """Runs `action` every `interval_seconds`, sooner on a hint, until canceled.

    What a port could not do is tried again at the next turn. Any other error is a bug, or data that cannot
    be believed, as is a port that says no: it closes the gate until the job runs through again.
    """

    def __init__(
        self,
        name: str,
        action: Callable[[], Awaitable[object]],
        *,
        interval_seconds: float,
        gate: SendingGate,
    ) -> None:
        self._name = name
        self._action = action
        self._interval_seconds = interval_seconds
        self._gate = gate
        self._hinted = asyncio.Event()
        self._last_problem: str | None = None

    def hint(self) -> None:
        """There may be something to do now."""
        self._hinted.set()

    async def run(self) -> None:
        """Until canceled."""
        while True:
            # Not wait_for: until Python 3.12 it swallows a cancellation that comes together with the hint.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval_seconds):
                    await self._hinted.wait()
            self._hinted.clear()
            await self.run_once()

    async def run_once(self) -> None:
        """One turn; raises nothing but cancellation."""
        try:
            await self._action()
        except (Unavailable, OutcomeUnknown) as error:
            self._note(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the gate closes and the next turn comes
            problem = f"{type(error).__name__}: {error}"
            self._gate.report(self._name, problem)
            _log.exception("job.broken", job=self._name)
        else:
            self._gate.report(self._name, None)
            self._note(None)

    def _note(self, problem: str | None) -> None:
        if problem == self._last_problem:
            return
        self._last_problem = problem
        if problem is None:
            _log.info("job.recovered", job=self._name)
        else:
            _log.warning("job.waits", job=self._name, problem=problem)
