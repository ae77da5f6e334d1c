"""Rows of a CSV file in the columns Ticker, Date, Open, High, Low, Close, Volume, Adj Close."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO

from jax.domain.errors import InvalidValue
from jax.ports.bar_source import RawDailyBar, UnreadableRow

COLUMNS = ("Ticker", "Date", "Open", "High", "Low", "Close", "Volume", "Adj Close")
_ISO_DATE_LENGTH = len("2000-01-01")


class CsvRows(Iterator[RawDailyBar]):
    """The rows of `file`, which is closed after the last one. A generator could not go on after an error."""

    def __init__(self, file: IO[str], *, name: str) -> None:
        self._file = file
        self._reader = csv.reader(file, strict=True)
        self._check_header(name)

    def __next__(self) -> RawDailyBar:
        """The next row that is not empty."""
        fields: Sequence[str] = ()
        while not fields:
            try:
                fields = next(self._reader)
            except StopIteration:
                self._file.close()
                raise
            except csv.Error as error:
                raise UnreadableRow(self._reader.line_num, f"is not CSV ({error})") from error
        return _row(self._reader.line_num, fields)

    def _check_header(self, name: str) -> None:
        try:
            header = tuple(next(self._reader, ()))
        except csv.Error:
            header = ()
        if header != COLUMNS:
            self._file.close()
            raise InvalidValue("header", f"the first line of {name} must be {','.join(COLUMNS)}")


def _row(line: int, fields: Sequence[str]) -> RawDailyBar:
    if len(fields) != len(COLUMNS):
        raise UnreadableRow(line, f"has {len(fields)} columns, not {len(COLUMNS)}")
    symbol, session_date, open_, high, low, close, volume, adjusted_close = fields
    return RawDailyBar(
        line=line,
        symbol=symbol,
        session_date=_date(line, session_date),
        open=open_,
        high=high,
        low=low,
        close=close,
        adjusted_close=adjusted_close,
        volume=volume,
    )


def _date(line: int, written: str) -> date:
    try:
        if len(written) == _ISO_DATE_LENGTH:
            return date.fromisoformat(written)
    except ValueError:
        pass
    raise UnreadableRow(line, f"{written[:40]!r} is not a date like 2000-12-31")
