"""Which bars a backtest saw, as one hash."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jax.domain.bar import Bar
from jax.domain.canonical_json import Json, canonical_bytes, sha256_of
from jax.domain.decimal_text import plain


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """One symbol's bars: how many, the ends of the first and the last, the hash over all."""

    symbol: str
    bars: int
    first_end: datetime
    last_end: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class DataManifest:
    """The series by symbol; the same bars always give the same hash, wherever they were stored."""

    vendor: str
    series: tuple[SeriesEntry, ...]

    @property
    def sha256(self) -> str:
        """`sha256:` and the hash over the canonical document."""
        return sha256_of(canonical_bytes(self.document()))

    @property
    def first_end(self) -> datetime:
        """The end of the earliest bar."""
        return min(entry.first_end for entry in self.series)

    @property
    def last_end(self) -> datetime:
        """The end of the latest bar."""
        return max(entry.last_end for entry in self.series)

    def document(self) -> Json:
        """What is hashed."""
        return {
            "vendor": self.vendor,
            "series": [
                {
                    "symbol": entry.symbol,
                    "bars": entry.bars,
                    "first_end": entry.first_end.isoformat(),
                    "last_end": entry.last_end.isoformat(),
                    "sha256": entry.sha256,
                }
                for entry in self.series
            ],
        }


def manifest_of(vendor: str, bars: Mapping[str, Sequence[Bar]]) -> DataManifest:
    """The manifest of `bars` (at least one a symbol, oldest first)."""
    return DataManifest(
        vendor=vendor,
        series=tuple(
            SeriesEntry(symbol, len(series), series[0].end, series[-1].end, _sha256(series))
            for symbol, series in sorted(bars.items())
        ),
    )


def _sha256(series: Sequence[Bar]) -> str:
    digest = hashlib.sha256()
    for bar in series:
        numbers = (bar.open, bar.high, bar.low, bar.close, bar.volume)
        fields = [bar.symbol, bar.timeframe.value, bar.start.isoformat(), bar.end.isoformat()]
        digest.update("|".join([*fields, *map(plain, numbers)]).encode() + b"\n")
    return "sha256:" + digest.hexdigest()
