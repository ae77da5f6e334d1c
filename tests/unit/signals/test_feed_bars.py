"""What of a feed is worth storing, and what a file of bars may hold."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jax.adapters.market_feeds.bar_file import bars_in_file, line_of
from jax.domain.bar import Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.marked_bar import BarMark
from jax.domain.symbol_bars import SymbolBars
from jax.domain.tick_limits import TickLimits
from jax.modules.signals.feed_bars import FeedBars
from jax.ports.market_feed import FeedBack, FeedLost
from tests.contract.feed_houses import bar
from tests.tick_series import OPEN, at, hours, tick


def _feed_bars() -> FeedBars:
    return FeedBars({"AAPL": SymbolBars("AAPL", hours(), TickLimits())}, {})


def test_what_is_stored_already_is_not_given_again() -> None:
    bars = FeedBars({}, {("AAPL", Timeframe.MINUTE): bar(1).end})
    assert bars.hear([bar(0), bar(1), bar(2), bar(2), bar(0, "MSFT")], bar(3).end) == [bar(2), bar(0, "MSFT")]


def test_a_feed_is_a_problem_until_it_is_there_and_while_it_is_lost() -> None:
    bars = _feed_bars()
    assert bars.problem is not None
    bars.hear([FeedBack()], OPEN)
    assert bars.problem is None
    bars.hear([FeedLost("cut")], OPEN)
    assert bars.problem == "cut"


def test_ticks_of_symbols_that_nobody_asked_for_are_passed_over() -> None:
    bars = FeedBars({}, {})
    assert bars.hear([FeedBack(), tick(1)], at(120)) == []


def test_quiet_symbols_are_closed_by_the_clock_also_while_others_speak() -> None:
    bars = _feed_bars()
    bars.hear([FeedBack()], OPEN - timedelta(minutes=1))
    bars.hear([tick(1)], at(1))
    (closed,) = bars.hear([replace(tick(62), symbol="MSFT")], at(62))
    assert (closed.end, bars.marks[BarMark.WHOLE], bars.count("taken")) == (at(60), 1, 1)


def test_a_file_of_bars_gives_back_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "bars.jsonl"
    file.write_text("".join(line_of(bar(number)) for number in range(3)))
    assert list(bars_in_file(file)) == [bar(number) for number in range(3)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        "no json",
        line_of(bar(1)).replace('"101"', "101"),
        line_of(bar(1)).replace("+00:00", ""),
        line_of(bar(1)).replace("1m", "2m"),
        line_of(bar(0)),
    ],
)
def test_a_line_that_is_no_bar_or_out_of_order_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "bars.jsonl"
    file.write_text(line_of(bar(1)) + line.rstrip() + "\n")
    with pytest.raises(InvalidValue, match=r"bars\.jsonl line 2"):
        list(bars_in_file(file))
