"""The register of series, one JSON file beside the bars."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from jax.adapters.parquet.writer_lock import writer_lock
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.ports.errors import Conflict, Unavailable
from jax.ports.series_register import Series

_NUMBERS = ("price_increment", "lot_size", "multiplier")


class JsonSeriesRegister:
    """A SeriesRegister in `root`/series.json, replaced at once by each change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._path = root / "series.json"

    async def record(self, vendor: str, instruments: Sequence[Instrument]) -> None:
        """See SeriesRegister."""
        async with writer_lock(self._root):
            await asyncio.to_thread(self._record, vendor, instruments)

    async def all(self) -> Mapping[str, Series]:
        """See SeriesRegister."""
        return await asyncio.to_thread(self._load)

    def _record(self, vendor: str, instruments: Sequence[Instrument]) -> None:
        before = self._load()
        series = dict(before)
        for instrument in instruments:
            known = series.get(instrument.symbol, Series(instrument, ()))
            if known.instrument != instrument:
                raise Conflict(
                    f"{instrument.symbol} is known as {_terms(known.instrument)}, not as "
                    f"{_terms(instrument)}: import it as that, or keep the two in different homes"
                )
            series[instrument.symbol] = Series(instrument, tuple(sorted({*known.vendors, vendor})))
        if series != before:
            self._save(series)

    def _load(self) -> dict[str, Series]:
        try:
            document = json.loads(self._path.read_bytes())
            series = {entry["symbol"]: _series(entry) for entry in document}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, InvalidOperation) as error:
            raise Unavailable(
                f"The register {self._path} cannot be read ({type(error).__name__}: {error}): "
                "remove it and import the bars again"
            ) from error
        return dict(sorted(series.items()))

    def _save(self, series: Mapping[str, Series]) -> None:
        staging = self._path.with_name(".series.json.new")
        document = json.dumps([_entry(series[symbol]) for symbol in sorted(series)], indent=1)
        try:
            descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(document)
                file.flush()
                os.fsync(descriptor)
            staging.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                staging.unlink(missing_ok=True)
            raise Unavailable(
                f"The register {self._path} cannot be written ({error.strerror or error}): "
                "make its folder writable, with free space"
            ) from error


def _terms(instrument: Instrument) -> str:
    steps = " ".join(plain(getattr(instrument, name)) for name in _NUMBERS)
    return f"{instrument.mic} {instrument.currency} {steps}"


def _entry(series: Series) -> dict[str, Any]:
    instrument = series.instrument
    return {
        "symbol": instrument.symbol,
        "mic": instrument.mic,
        "currency": instrument.currency,
        **{name: plain(getattr(instrument, name)) for name in _NUMBERS},
        "vendors": list(series.vendors),
    }


def _series(entry: Mapping[str, Any]) -> Series:
    numbers = {name: Decimal(entry[name]) for name in _NUMBERS}
    if not all(isinstance(vendor, str) for vendor in entry["vendors"]):
        raise InvalidValue("vendors", "must be a list of names")
    instrument = Instrument(entry["symbol"], entry["mic"], entry["currency"], **numbers)
    return Series(instrument, tuple(entry["vendors"]))
