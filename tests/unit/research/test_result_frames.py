"""A result as frames holds every digit and every time, and hands itself on as Arrow."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.parquet.result_frames import (
    equity_frame,
    frames_of,
    orders_frame,
    rows_of,
    trades_frame,
)
from jax.domain.backtest_result import BacktestOrder, BacktestTrade, EquityPoint, OrderReason
from jax.domain.side import Side
from jax.ports.run_store import RunTable
from tests.kept_runs import FILLED, TRADE, UNFILLED, points, result

_TIME = pl.Datetime("us", "UTC")


def test_what_comes_back_is_what_went_in() -> None:
    given_result = result()
    assert rows_of(EquityPoint, equity_frame(given_result)) == list(given_result.equity)
    assert rows_of(BacktestOrder, orders_frame(given_result)) == [FILLED, UNFILLED]
    (trade,) = rows_of(BacktestTrade, trades_frame(given_result))
    assert trade == TRADE
    # A text equals the word of an enum.
    assert (type(trade.side), type(trade.exit_reason), type(trade.symbol)) == (Side, OrderReason, str)
    assert trade.entered_at.tzinfo is UTC


def test_the_frames_of_a_result_are_found_by_their_names() -> None:
    frames = frames_of(result())
    assert list(frames) == ["equity", "orders", "trades"]
    assert frames[RunTable("orders")].equals(orders_frame(result()))
    assert frames[RunTable("trades")].equals(trades_frame(result()))
    assert frames[RunTable("equity")].equals(equity_frame(result()))


def test_the_columns_are_the_fields_in_their_order() -> None:
    assert orders_frame(result()).columns == [field.name for field in fields(BacktestOrder)]
    assert trades_frame(result()).columns == [field.name for field in fields(BacktestTrade)]
    assert equity_frame(result()).columns == [
        *("end", "cash", "positions_value", "open_positions", "equity", "benchmark")
    ]


def test_numbers_are_decimals_with_the_places_that_they_need_and_times_are_utc() -> None:
    orders = orders_frame(result()).schema
    kinds: Mapping[str, pl.DataType] = {
        "symbol": pl.String(),
        "side": pl.String(),
        "order_type": pl.String(),
        "order_price": pl.Decimal(38, 2),
        "quantity": pl.Decimal(38, 17),
        "decided_at": _TIME,
        "filled_quantity": pl.Decimal(38, 1),
        "filled_at": _TIME,
        "price": pl.Decimal(38, 14),
        "commission": pl.Decimal(38, 7),
        "reason": pl.String(),
        "detail": pl.String(),
    }
    assert dict(orders) == kinds
    equity = equity_frame(result())
    assert equity.schema["open_positions"] == pl.Int64()
    assert equity.get_column("end")[0] == datetime(2021, 1, 4, 21, tzinfo=UTC)


def test_words_are_spelled_as_the_domain_spells_them() -> None:
    orders = orders_frame(result())
    assert orders.get_column("side").to_list() == ["BUY", "SELL"]
    assert orders.get_column("reason").to_list() == ["entry", "opposite decision"]


def test_without_rows_the_columns_keep_their_kinds() -> None:
    empty = result(orders=(), trades=())
    assert orders_frame(empty).schema["order_price"] == pl.Decimal(38, 0)
    assert orders_frame(empty).schema["filled_at"] == _TIME
    assert rows_of(BacktestTrade, trades_frame(empty)) == []


def test_equity_is_the_sum_and_the_benchmark_stands_beside_it() -> None:
    bare = equity_frame(result())
    assert bare.get_column("equity").to_list() == [point.equity for point in result().equity]
    assert bare.get_column("benchmark").to_list() == [None] * 3
    worth = (Decimal(100_000), Decimal("100010.5"), Decimal("99990.25"))
    beside = equity_frame(result(benchmark=worth))
    assert beside.get_column("benchmark").to_list() == list(worth)


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5),
    st.lists(st.floats(min_value=-1e12, max_value=1e12), min_size=1, max_size=5),
)
def test_every_digit_of_any_float_survives(wild: list[float], tame: list[float]) -> None:
    for numbers in (wild, tame):
        values = [Decimal(repr(number)) for number in numbers]
        orders = tuple(replace(FILLED, price=value) for value in values)
        back = rows_of(BacktestOrder, orders_frame(result(orders=orders)))
        assert [order.price for order in back] == values


@pytest.mark.parametrize(
    ("prices", "kind"),
    [
        (["1234567890123456789012345678901234567.8"], pl.Decimal(38, 1)),
        (["12345678901234567890123456789012345678.9"], pl.String()),
        (["1E+37"], pl.Decimal(38, 0)),
        (["1E+38"], pl.String()),
        (["1E-37"], pl.Decimal(38, 37)),
        (["1E-38"], pl.String()),
        (["12", "1E-36"], pl.Decimal(38, 36)),
        (["12", "1E-37"], pl.String()),
        (["Infinity"], pl.String()),
        (["1", "-Infinity"], pl.String()),
    ],
)
def test_what_38_digits_do_not_hold_is_text(prices: list[str], kind: pl.DataType) -> None:
    orders = tuple(replace(FILLED, price=Decimal(price)) for price in prices)
    frame = orders_frame(result(orders=orders))
    assert frame.schema["price"] == kind
    assert [order.price for order in rows_of(BacktestOrder, frame)] == [Decimal(price) for price in prices]


def test_what_is_no_number_stays_none() -> None:
    (order,) = rows_of(BacktestOrder, orders_frame(result(orders=(replace(FILLED, price=Decimal("NaN")),))))
    assert order.price is not None
    assert order.price.is_nan()


def test_a_frame_hands_itself_on_as_arrow() -> None:
    class Elsewhere:
        """Something that knows of a frame only that it speaks Arrow."""

        def __init__(self, frame: pl.DataFrame) -> None:
            self._frame = frame

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return self._frame.__arrow_c_stream__(requested_schema)

    for frame in (equity_frame(result()), orders_frame(result()), trades_frame(result())):
        assert pl.DataFrame(Elsewhere(frame)).equals(frame)


def test_refuses_a_frame_of_something_else() -> None:
    with pytest.raises(ValueError, match="lacks the columns entered_at, entry_price"):
        rows_of(BacktestTrade, orders_frame(result()))
    assert len(rows_of(EquityPoint, equity_frame(result(equity=points("1"))))) == 1
