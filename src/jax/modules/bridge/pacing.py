"""How fast messages may follow one another on their way to the venue."""

import asyncio
from collections import deque

from jax.domain.errors import InvalidValue
from jax.ports.clock import Clock

_SECOND_NS = 1_000_000_000


class MessageLane:
    """Lets at most `per_second` messages go within any second, in the order in which they came.

    None: as many as there are. Messages of two lanes do not wait for one another.
    """

    def __init__(self, per_second: int | None, clock: Clock) -> None:
        if per_second is not None and not (per_second >= 1):
            raise InvalidValue("per_second", f"must be at least 1, not {per_second}")
        self._clock = clock
        self._leaving_ns: deque[int] | None = None if per_second is None else deque(maxlen=per_second)

    async def turn(self) -> None:
        """Returns when the next message may go."""
        if self._leaving_ns is None:
            return
        now = self._clock.monotonic_ns()
        leaving = now
        if len(self._leaving_ns) == self._leaving_ns.maxlen:
            leaving = max(now, self._leaving_ns[0] + _SECOND_NS)
        self._leaving_ns.append(leaving)
        if leaving > now:
            await asyncio.sleep((leaving - now) / _SECOND_NS)
