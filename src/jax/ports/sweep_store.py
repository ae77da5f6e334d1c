"""Finished sweeps: every parameter set that was tried, and what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jax.domain.canonical_json import Json

# By name, one value a parameter set; None where one is not defined.
SetColumns = Mapping[str, Sequence[int | float | None]]


@dataclass(frozen=True, slots=True)
class KeptSweep:
    """A row of every column is one parameter set, in the order of the sweep.

    `summary` says what was asked for and what it came to, `metrics` are before they are rounded, `statistics`
    are what they follow from. `kept_at` is in UTC.
    """

    sweep_id: str
    kept_at: datetime
    summary: Mapping[str, Json]
    params: SetColumns
    metrics: SetColumns
    statistics: SetColumns


class SweepStore(Protocol):
    """Sweeps by id (letters and digits). A sweep is there whole or not at all."""

    async def keep(self, sweep: KeptSweep) -> str:
        """Keeps the sweep in place of one of the same id; where a person finds it. Unavailable."""
        ...

    async def get(self, sweep_id: str) -> KeptSweep:
        """The sweep of that id; NotFound, or Unavailable for one that is damaged."""
        ...
