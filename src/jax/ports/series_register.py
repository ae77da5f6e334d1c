"""Which series of bars there are, what they are of, and who sold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from jax.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Series:
    """One symbol's bars: its instrument, and every vendor that bars were imported from, sorted."""

    instrument: Instrument
    vendors: tuple[str, ...]


class SeriesRegister(Protocol):
    """What research knows of its market data beyond the bars."""

    async def record(self, vendor: str, instruments: Sequence[Instrument]) -> None:
        """Adds series, or `vendor` to those that are there, all or none.

        Conflict when a symbol is there with other terms (exchange, currency, steps); Unavailable.
        """
        ...

    async def all(self) -> Mapping[str, Series]:
        """Every series by symbol, sorted; Unavailable when the register cannot be read."""
        ...
