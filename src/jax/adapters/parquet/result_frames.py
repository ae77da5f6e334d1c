"""A backtest's result as Polars frames, and back, exactly.

A frame hands itself on to anything that speaks Arrow (`__arrow_c_stream__`). Times are UTC in microseconds. A
column of decimals has as many places as its values need, as long as they fit into 38 digits; one whose values
do not is text.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, get_args, get_type_hints

import polars as pl

from jax.domain.backtest_result import BacktestOrder, BacktestResult, BacktestTrade, EquityPoint
from jax.ports.run_store import RunTable

_TIME = pl.Datetime("us", "UTC")
_DIGITS = 38

_Row = TypeVar("_Row")


def frames_of(result: BacktestResult) -> Mapping[RunTable, pl.DataFrame]:
    """The tables of `result`."""
    return {
        RunTable.EQUITY: equity_frame(result),
        RunTable.ORDERS: orders_frame(result),
        RunTable.TRADES: trades_frame(result),
    }


def equity_frame(result: BacktestResult) -> pl.DataFrame:
    """One row a bar end, oldest first: end, cash, positions_value, open_positions, equity, benchmark.

    `benchmark` is null throughout when the run had none.
    """
    points = result.equity
    worth: Sequence[Decimal | None] = result.benchmark or [None] * len(points)
    return _frame(EquityPoint, points).with_columns(
        _column("equity", Decimal, [point.equity for point in points]),
        _column("benchmark", Decimal, worth),
    )


def orders_frame(result: BacktestResult) -> pl.DataFrame:
    """One row an order, as they were made; the columns are the fields of BacktestOrder."""
    return _frame(BacktestOrder, result.orders)


def trades_frame(result: BacktestResult) -> pl.DataFrame:
    """One row a trade, in the order of their exits; the columns are the fields of BacktestTrade."""
    return _frame(BacktestTrade, result.trades)


def rows_of(kind: type[_Row], frame: pl.DataFrame) -> list[_Row]:
    """The orders, trades or equity points that a frame was made of, equal to what they were.

    ValueError when its columns are not those of `kind`.
    """
    make: Callable[..., _Row] = kind
    kinds = _kinds(kind)
    if missing := kinds.keys() - set(frame.columns):
        raise ValueError(f"it lacks the columns {', '.join(sorted(missing))}")
    readers = [_reader(of) for of in kinds.values()]
    return [
        make(*(None if value is None else read(value) for read, value in zip(readers, row, strict=True)))
        for row in frame.select(kinds.keys()).iter_rows()
    ]


def _frame(kind: type[Any], rows: Sequence[Any]) -> pl.DataFrame:
    columns = _kinds(kind).items()
    return pl.DataFrame([_column(name, of, [getattr(row, name) for row in rows]) for name, of in columns])


def _kinds(kind: type[Any]) -> Mapping[str, type]:
    """What each field holds where it is not None."""
    return {
        name: get_args(hint)[0] if isinstance(hint, UnionType) else hint
        for name, hint in get_type_hints(kind).items()
    }


def _column(name: str, kind: type, values: Sequence[Any]) -> pl.Series:
    if kind is Decimal:
        return _decimals(name, values)
    if kind is datetime:
        return pl.Series(name, values, dtype=_TIME)
    if kind is int:
        return pl.Series(name, values, dtype=pl.Int64)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)


def _decimals(name: str, values: Sequence[Decimal | None]) -> pl.Series:
    text = pl.Series(
        name, [None if value is None else format(value, "f") for value in values], dtype=pl.String
    )
    digits = text.str.extract_groups(r"^-?(?<whole>\d+)(?:\.(?<places>\d+))?$").struct
    whole, places = digits.field("whole"), digits.field("places")
    if whole.null_count() > text.null_count():
        # Something is infinite, or no number.
        return text
    longest, most_places = _longest(whole), _longest(places)
    if not (longest + most_places <= _DIGITS):
        return text
    # Through text, since that is where polars takes every digit.
    return text.cast(pl.Decimal(_DIGITS, most_places))


def _longest(texts: pl.Series) -> int:
    longest = texts.str.len_bytes().max()
    return longest if isinstance(longest, int) else 0


def _reader(kind: type) -> Callable[[Any], Any]:
    if kind is Decimal:
        return Decimal
    if kind is datetime:
        return lambda value: value.replace(tzinfo=UTC)
    if issubclass(kind, StrEnum):
        return kind
    return lambda value: value
