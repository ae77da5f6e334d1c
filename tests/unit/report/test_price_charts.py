"""Every fill is drawn on its bar, at its price, whatever of the closes is left out."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest

from jax.adapters.backtest_report.price_charts import (
    BOUGHT,
    CLOSED_AT_A_GAIN,
    CLOSED_AT_A_LOSS,
    SOLD_SHORT,
    DrawnFill,
    charted,
    drawn_fills,
    price_data,
)
from jax.domain.backtest_result import OpenPosition
from jax.domain.side import Side
from jax.ports.backtest_report import ReportSeries, SeriesUse
from tests.unit.report.report_content import DAY, START, series, some_trades

HOUR = timedelta(hours=1)


def fill(days: float, **changes: Any) -> DrawnFill:
    return replace(DrawnFill("AAPL", START + days * DAY, Decimal("5.25"), BOUGHT), **changes)


def closes_of(chart: dict[str, Any]) -> list[float]:
    return [close / 10 ** chart["places"] for close in accumulate(chart["close"])]


def test_a_trade_is_its_entry_and_its_exit_and_a_position_its_entry() -> None:
    lost, nothing, won = some_trades(3)
    bought = replace(won, side=Side.BUY)
    held = OpenPosition("IBM", Decimal(7), START, Decimal(6), Decimal(9))
    short = replace(held, symbol="MSFT", signed_quantity=Decimal(-7))
    found = drawn_fills([lost, nothing, bought], [held, short])
    assert [(one.symbol, (one.at - START) // DAY, one.price, one.kind) for one in found] == [
        ("AAPL", 0, Decimal("5.5"), SOLD_SHORT),
        ("IBM", 0, Decimal(6), BOUGHT),
        ("MSFT", 0, Decimal(6), SOLD_SHORT),
        ("AAPL", 1, Decimal(4), CLOSED_AT_A_LOSS),
        ("AAPL", 1, Decimal("5.5"), SOLD_SHORT),
        ("AAPL", 2, Decimal(4), CLOSED_AT_A_LOSS),
        ("AAPL", 2, Decimal("5.5"), BOUGHT),
        ("AAPL", 3, Decimal(4), CLOSED_AT_A_GAIN),
    ]


@pytest.mark.parametrize(
    ("moment", "row"), [(0.0, 0), (-0.3, 0), (0.7, 1), (1.0, 1), (1.01, 2), (39.0, 39), (39.5, 39)]
)
def test_a_fill_stands_on_the_bar_within_which_it_was(moment: float, row: int) -> None:
    (chart,) = price_data([series()], [fill(moment)], most=100)
    assert chart["fills"] == [[row, 5.25, BOUGHT]]


def test_every_close_is_drawn_where_there_is_room() -> None:
    (chart,) = price_data([series()], [], most=40)
    assert chart["closes"] == len(chart["time"]) == 40
    assert closes_of(chart) == pytest.approx([float(close) for _, close in series().closes], abs=1e-12)
    assert next(accumulate(chart["time"])) * chart["unit"] == START.timestamp()


def test_of_many_closes_the_extremes_stay_and_those_with_fills() -> None:
    long = series(bars=5000)
    fills = [fill(day, price=Decimal(day)) for day in (17, 18, 333)]
    (chart,) = price_data([long], fills, most=100)
    assert chart["closes"] == 5000
    assert 60 < len(chart["time"]) <= 103
    every = [float(close) for _, close in long.closes]
    assert (min(closes_of(chart)), max(closes_of(chart))) == (min(every), max(every))
    times = [at * chart["unit"] for at in accumulate(chart["time"])]
    assert [times[row] for row, _, _ in chart["fills"]] == [one.at.timestamp() for one in fills]
    assert [price for _, price, _ in chart["fills"]] == [17, 18, 333]


def test_the_room_is_shared_and_each_symbol_has_its_own_fills() -> None:
    two = [series("AAPL", 500), series("IBM", 500)]
    fills = [fill(1), fill(2, symbol="IBM"), fill(3, symbol="GONE")]
    first, second = price_data(two, fills, most=200)
    assert len(first["time"]) + len(second["time"]) <= 202
    assert (len(first["fills"]), len(second["fills"])) == (1, 1)
    assert price_data([], fills, most=200) == []


@pytest.mark.parametrize(
    ("closes", "places", "whole"),
    [
        (["187.82", "12.34567"], 2, [18782, 1235]),
        (["1.5", "1000"], 3, [1500, 1_000_000]),
        (["0.00001234567"], 8, [1235]),
        (["54321.9"], 0, [54322]),
        (["0.000000000001"], 10, [0]),
    ],
)
def test_closes_keep_four_digits_of_the_lowest(closes: list[str], places: int, whole: list[int]) -> None:
    points = tuple((START + number * DAY, Decimal(close)) for number, close in enumerate(closes))
    (chart,) = price_data([ReportSeries("A", len(points), START, START, points)], [], most=10)
    assert chart["places"] == places
    assert list(accumulate(chart["close"])) == whole


def test_a_price_has_seven_digits() -> None:
    (chart,) = price_data([series()], [fill(0, price=Decimal("1234.56789123"))], most=100)
    assert chart["fills"][0][1] == 1234.568


def test_what_is_not_traded_or_has_no_closes_has_no_chart() -> None:
    reference = replace(series("INDEX"), used_for=SeriesUse.BENCHMARK)
    assert charted([reference, replace(series("A"), closes=()), series("B")], [], most=1000) == [series("B")]


def test_where_all_cannot_be_shown_the_most_traded_are_in_their_order() -> None:
    many = [series(name) for name in "ABCDE"]
    trades = [replace(trade, symbol=name) for name in "DDBBBE" for trade in some_trades(1)]
    assert charted(many, trades, most=500) == many
    assert [one.symbol for one in charted(many, trades, most=499)] == ["A", "B", "D", "E"]
    assert [one.symbol for one in charted(many, trades, most=200)] == ["B", "D"]
    assert [one.symbol for one in charted(many, trades, most=1)] == ["B"]
