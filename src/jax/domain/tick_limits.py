"""How much disorder of ticks is put up with, and how much there was."""

from dataclasses import dataclass
from datetime import timedelta

from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class TickLimits:
    """How long a tick may be on its way, and how far it may be ahead of the clock: `lateness`, `lead` >= 0.

    After `silence` (a minute or more) without a tick of an open exchange nobody knows whether the feed still
    speaks.
    """

    lateness: timedelta = timedelta(seconds=2)
    lead: timedelta = timedelta(seconds=2)
    silence: timedelta = timedelta(minutes=2)

    def __post_init__(self) -> None:
        for name in ("lateness", "lead"):
            if not (getattr(self, name) >= timedelta(0)):
                raise InvalidValue(name, "must not be negative")
        if not (self.silence >= timedelta(minutes=1)):
            raise InvalidValue("silence", "must be at least a minute, the length of the shortest bar")


class TickCounts:
    """How many ticks were taken, and why the others were not."""

    __slots__ = ("duplicate", "early", "late", "out_of_session", "taken")

    def __init__(self) -> None:
        self.taken = 0
        self.duplicate = 0
        self.late = 0
        self.early = 0
        self.out_of_session = 0
