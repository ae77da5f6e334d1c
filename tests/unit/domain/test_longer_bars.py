"""Minutes to longer bars, aligned to the sessions of the exchange."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.bar import Bar, Timeframe
from jax.domain.errors import InvalidValue
from jax.domain.longer_bars import LongerBars
from jax.domain.marked_bar import BarMark, MarkedBar
from jax.domain.quote import Quote
from jax.domain.symbol_bars import SymbolBars
from jax.domain.tick import tick_of_quote
from jax.domain.tick_limits import TickLimits
from jax.domain.trading_hours import Interval
from tests.tick_series import CLOSE, MINUTE, OPEN, SECOND, at, hours, played, prompt, session, tick

LONGER = [timeframe for timeframe in Timeframe if timeframe is not Timeframe.MINUTE]
_LIMITS = TickLimits(lateness=2 * SECOND)


def _minute(number: int, close: int = 100, mark: BarMark = BarMark.WHOLE) -> MarkedBar:
    """The minute of that number in the session; its prices go from close - 1 to close + 1."""
    start = OPEN + number * MINUTE
    volume = Decimal(0 if mark is BarMark.GAP else 7)
    low, high = (close, close) if mark is BarMark.GAP else (close - 1, close + 1)
    prices = (Decimal(low), Decimal(high), Decimal(low), Decimal(close))
    return MarkedBar(Bar("AAPL", Timeframe.MINUTE, start, start + MINUTE, *prices, volume), mark)


def _heard(timeframe: Timeframe, minutes: list[MarkedBar]) -> list[MarkedBar]:
    longer = LongerBars(timeframe, hours())
    return [bar for minute in minutes if (bar := longer.hear(minute)) is not None]


@pytest.mark.parametrize(("timeframe", "count"), list(zip(LONGER, [78, 26, 7, 1], strict=True)))
def test_a_session_has_as_many_bars_as_fit_the_last_one_shorter(timeframe: Timeframe, count: int) -> None:
    bars = _heard(timeframe, [_minute(n) for n in range(390)])
    assert len(bars) == count
    assert {bar.mark for bar in bars} == {BarMark.WHOLE}
    assert (bars[0].bar.start, bars[-1].bar.end) == (OPEN, CLOSE)
    assert all(before.bar.end == after.bar.start for before, after in pairwise(bars))
    assert sum(bar.bar.volume for bar in bars) == 390 * 7


def test_a_bar_ends_with_a_half_day() -> None:
    noon = OPEN + timedelta(hours=3, minutes=20)
    longer = LongerBars(Timeframe.HOUR, hours(session(closes_at=noon, half=True)))
    bars = [bar for n in range(200) if (bar := longer.hear(_minute(n))) is not None]
    assert [bar.bar.end for bar in bars] == [at(3600), at(7200), at(10800), noon]


@given(st.lists(st.integers(2, 9), min_size=5, max_size=5), st.sets(st.integers(0, 4)))
def test_prices_are_those_of_the_minutes_in_which_something_was_traded(
    closes: list[int], gaps: set[int]
) -> None:
    minutes = [
        _minute(n, close, BarMark.GAP if n in gaps else BarMark.WHOLE) for n, close in enumerate(closes)
    ]
    (bar,) = _heard(Timeframe.FIVE_MINUTES, minutes)
    traded = [close for n, close in enumerate(closes) if n not in gaps]
    if not traded:
        assert (bar.mark, bar.bar.open, bar.bar.volume) == (BarMark.GAP, Decimal(closes[0]), Decimal(0))
        return
    assert bar.mark is BarMark.WHOLE
    assert (bar.bar.open, bar.bar.close) == (Decimal(traded[0] - 1), Decimal(traded[-1]))
    assert (bar.bar.high, bar.bar.low) == (Decimal(max(traded) + 1), Decimal(min(traded) - 1))
    assert bar.bar.volume == 7 * len(traded)


@pytest.mark.parametrize("missing", range(5))
def test_a_bar_that_lacks_a_minute_is_stale(missing: int) -> None:
    bars = _heard(Timeframe.FIVE_MINUTES, [_minute(n) for n in range(10) if n != missing])
    marks = [bar.mark for bar in bars]
    assert marks == ([BarMark.WHOLE] if missing == 4 else [BarMark.STALE, BarMark.WHOLE])


@pytest.mark.parametrize("stale", range(5))
def test_a_bar_with_a_stale_minute_is_stale(stale: int) -> None:
    minutes = [_minute(n, mark=BarMark.STALE if n == stale else BarMark.WHOLE) for n in range(5)]
    assert [bar.mark for bar in _heard(Timeframe.FIVE_MINUTES, minutes)] == [BarMark.STALE]


def test_ticks_make_minutes_and_behind_them_the_longer_bars_that_end() -> None:
    bars = SymbolBars("AAPL", hours(), _LIMITS, {Timeframe.FIVE_MINUTES, Timeframe.QUARTER_HOUR})
    bars.back(OPEN)
    given_bars = played(bars, prompt([tick(n * 30, str(100 + n)) for n in range(30)]), until=at(902))
    told = [(one.bar.timeframe, one.bar.end) for one in given_bars]
    assert told[4:7] == [("1m", at(300)), ("5m", at(300)), ("1m", at(360))]
    assert told[-3:] == [("1m", at(900)), ("5m", at(900)), ("15m", at(900))]
    quarter = given_bars[-1].bar
    assert [quarter.open, quarter.high, quarter.low, quarter.close] == [100, 129, 100, 129]
    assert quarter.volume == 30


def test_a_restart_in_the_middle_of_a_bar_goes_on_with_the_stored_minutes() -> None:
    ticks = [tick(n * 20, str(100 + n)) for n in range(15)]
    whole = SymbolBars("AAPL", hours(), _LIMITS, {Timeframe.FIVE_MINUTES})
    whole.back(OPEN)
    expected = played(whole, prompt(ticks), until=at(302))[-1]
    before = SymbolBars("AAPL", hours(), _LIMITS, {Timeframe.FIVE_MINUTES})
    before.back(OPEN)
    stored = [one.bar for one in played(before, prompt(ticks[:9]), until=at(182))]
    after = SymbolBars("AAPL", hours(), _LIMITS, {Timeframe.FIVE_MINUTES})
    after.resume(stored)
    after.back(at(180))
    assert played(after, prompt(ticks[9:]), until=at(302))[-1] == expected
    assert expected.mark is BarMark.WHOLE


def test_sessions_that_overlap_are_refused() -> None:
    with pytest.raises(InvalidValue, match="opens before"):
        hours(session(), session(OPEN + timedelta(hours=1)))


def test_the_next_interval_may_be_that_of_the_next_session() -> None:
    tomorrow = OPEN + timedelta(days=1)
    known = hours(session(), session(tomorrow, CLOSE + timedelta(days=1)))
    first = Interval(tomorrow, tomorrow + MINUTE)
    assert known.interval_from(CLOSE, Timeframe.MINUTE) == first
    assert known.interval_from(CLOSE - 5 * SECOND, Timeframe.MINUTE) == first
    assert known.interval_from(OPEN, Timeframe.MINUTE) == Interval(OPEN, at(60))
    assert known.interval_from(at(1), Timeframe.MINUTE) == Interval(at(60), at(120))
    assert known.interval_from(CLOSE + timedelta(days=1), Timeframe.MINUTE) is None
    assert known.interval_at(CLOSE, Timeframe.DAY) is None
    assert known.interval_at(at(1), Timeframe.DAY) == Interval(OPEN, CLOSE)
    assert known.opening_of(Interval(at(60), at(120))) == OPEN
    assert known.known_until == CLOSE + timedelta(days=1)


def test_the_same_quote_told_twice_is_the_same_tick() -> None:
    quote = Quote("AAPL", Decimal("1.00000001"), Decimal("1.00000002"), at(1))
    assert tick_of_quote(quote) == tick_of_quote(quote)
    assert (tick_of_quote(quote).price, tick_of_quote(quote).size) == (Decimal("1.00000002"), Decimal(0))
