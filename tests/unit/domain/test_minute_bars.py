"""Ticks to bars of a minute: what may be in disorder, and what is done about the rest."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.checks import LARGEST
from jax.domain.errors import InvalidValue
from jax.domain.marked_bar import BarMark, MarkedBar
from jax.domain.minute_bars import MinuteBars
from jax.domain.tick import Tick
from jax.domain.tick_limits import TickLimits
from tests.tick_series import CLOSE, MINUTE, OPEN, SECOND, Arrival, at, hours, played, prompt, session, tick

LIMITS = TickLimits(lateness=2 * SECOND, lead=SECOND, silence=2 * MINUTE)
_SPAN = 600
_AFTER = at(_SPAN + 120) + 30 * SECOND

_TOLD = st.tuples(
    st.integers(0, _SPAN * 4).map(lambda quarters: quarters / 4),
    st.integers(1, 5),
    st.integers(0, 3),
    st.integers(1, 40),
)
_DELAYS = st.integers(0, 1_999).map(lambda ms: timedelta(milliseconds=ms))


def _bars(limits: TickLimits = LIMITS) -> MinuteBars:
    bars = MinuteBars("AAPL", hours(), limits)
    bars.back(OPEN - MINUTE)
    return bars


@st.composite
def _ticks(draw: st.DrawFn) -> list[Tick]:
    """Different ticks of ten minutes, some of one moment."""
    told = draw(st.lists(_TOLD, min_size=1, max_size=40, unique_by=lambda one: (one[0], one[3])))
    return [tick(when, str(price), str(size), str(number)) for when, price, size, number in told]


def _in_some_order(data: st.DataObject, ticks: list[Tick]) -> list[Arrival]:
    return [
        Arrival(one.ts_event + data.draw(_DELAYS), data.draw(st.integers(0, 99)) * 100 + n, one)
        for n, one in enumerate(ticks)
    ]


def _restated(ticks: list[Tick]) -> dict[datetime, tuple[Decimal, ...]]:
    """Open, high, low, close and volume of each minute that has a tick, by its end."""
    minutes: dict[datetime, list[Tick]] = defaultdict(list)
    for one in ticks:
        minutes[OPEN + (one.ts_event - OPEN) // MINUTE * MINUTE + MINUTE].append(one)
    summed: dict[datetime, tuple[Decimal, ...]] = {}
    for end, of_minute in minutes.items():
        ordered = sorted(of_minute, key=lambda one: (one.ts_event, int(one.tick_id)))
        prices = [one.price for one in ordered]
        volume = sum((one.size for one in ordered), Decimal(0))
        summed[end] = (prices[0], max(prices), min(prices), prices[-1], volume)
    return summed


def _values(marked: MarkedBar) -> tuple[Decimal, ...]:
    bar = marked.bar
    return (bar.open, bar.high, bar.low, bar.close, bar.volume)


@given(_ticks(), st.data())
def test_any_order_within_the_lateness_gives_the_bars_that_the_ticks_restate(
    ticks: list[Tick], data: st.DataObject
) -> None:
    bars = _bars()
    given_bars = {one.bar.end: one for one in played(bars, _in_some_order(data, ticks), until=_AFTER)}
    restated = _restated(ticks)
    assert {end: _values(given_bars[end]) for end in restated} == restated
    others = [one for end, one in given_bars.items() if end not in restated]
    assert all(one.bar.only_repeats and one.mark is not BarMark.WHOLE for one in others)
    assert bars.counts.taken == len(ticks)


@given(_ticks(), st.data())
def test_two_orders_of_the_same_ticks_give_equal_bars_and_marks(
    ticks: list[Tick], data: st.DataObject
) -> None:
    first, second = _in_some_order(data, ticks), _in_some_order(data, ticks)
    assert played(_bars(), first, until=_AFTER) == played(_bars(), second, until=_AFTER)


@given(_ticks(), st.data())
def test_duplicates_change_nothing(ticks: list[Tick], data: st.DataObject) -> None:
    arrivals = _in_some_order(data, ticks)
    # A copy may come while its bar is open, or while it is one of the last two that were closed.
    copies = [
        Arrival(one.at + timedelta(milliseconds=data.draw(st.integers(0, 118_000))), one.number, one.tick)
        for one in data.draw(st.lists(st.sampled_from(arrivals), max_size=20))
    ]
    once, twice = _bars(), _bars()
    assert played(once, arrivals, until=_AFTER) == played(twice, arrivals + copies, until=_AFTER)
    assert (twice.counts.duplicate, twice.counts.late) == (len(copies), 0)


@given(_ticks(), st.data())
def test_each_minute_is_given_once_in_order_and_without_holes(ticks: list[Tick], data: st.DataObject) -> None:
    given_bars = played(_bars(), _in_some_order(data, ticks), until=_AFTER)
    ends = [one.bar.end for one in given_bars]
    first = min(one.ts_event for one in ticks)
    begin = OPEN + (first - OPEN) // MINUTE * MINUTE
    assert ends == [begin + n * MINUTE for n in range(1, len(ends) + 1)]
    assert ends[-1] == at(_SPAN + 120)


def test_the_open_and_the_close_are_those_of_the_venues_own_order() -> None:
    ticks = [
        tick(5, "11", "1", "9"),
        tick(5, "12", "1", "10"),
        tick(1, "14", "1", "8"),
        tick(1, "13", "1", "7"),
    ]
    arrivals = [Arrival(at(6), number, one) for number, one in enumerate(ticks)]
    (bar, *_) = played(_bars(), arrivals)
    assert _values(bar) == tuple(map(Decimal, (13, 14, 11, 12, 4)))


def test_a_bar_is_closed_when_the_lateness_has_passed_and_not_before() -> None:
    bars = _bars()
    assert bars.hear(tick(1), at(1)) == []
    assert bars.pass_time(at(61.999)) == []
    (closed,) = bars.pass_time(at(62))
    assert (closed.bar.end, closed.mark) == (at(60), BarMark.WHOLE)
    assert bars.pass_time(at(62)) == []


def test_the_tick_that_shows_that_a_bar_is_over_closes_it() -> None:
    bars = _bars()
    bars.hear(tick(1), at(1))
    (closed,) = bars.hear(tick(62), at(62))
    assert closed.bar.end == at(60)


def test_the_first_bar_may_be_that_of_the_second_tick() -> None:
    arrivals = [Arrival(at(60.5), 0, tick(60.1)), Arrival(at(60.6), 1, tick(59.9, "99"))]
    first, second = played(_bars(), arrivals, until=at(122))
    assert [(one.bar.end, one.bar.close, one.mark) for one in (first, second)] == [
        (at(60), Decimal(99), BarMark.WHOLE),
        (at(120), Decimal(100), BarMark.WHOLE),
    ]


def test_a_clock_that_is_set_back_gives_no_bar_twice() -> None:
    bars = _bars()
    bars.hear(tick(1), at(1))
    assert len(bars.pass_time(at(62))) == 1
    assert bars.hear(tick(2), at(3)) == []
    assert [one.bar.end for one in bars.pass_time(at(122))] == [at(120)]
    assert bars.counts.late == 1


def test_a_tick_that_comes_too_late_is_left_out_and_no_bar_that_had_begun_is_believed() -> None:
    bars = _bars()
    bars.hear(tick(1), at(1))
    (first,) = bars.hear(tick(62.5, "101"), at(62.5))
    bars.hear(tick(59, "500", tick_id="late"), at(63))
    second, third = played(bars, prompt([tick(121)]), until=at(182))
    assert (bars.counts.late, bars.counts.taken) == (1, 3)
    assert [one.mark for one in (first, second, third)] == [BarMark.WHOLE, BarMark.STALE, BarMark.WHOLE]
    assert second.bar.high == Decimal(101)


def test_ticks_of_the_future_are_left_out_and_the_bar_is_not_believed() -> None:
    bars = _bars()
    bars.hear(tick(3_600, "500"), at(1))
    (closed,) = played(bars, prompt([tick(2)]), until=at(62))
    assert (bars.counts.early, closed.mark, closed.bar.high) == (1, BarMark.STALE, Decimal(100))


@pytest.mark.parametrize("seconds", [-1, 6.5 * 3600])
def test_ticks_outside_the_session_are_left_out(seconds: float) -> None:
    bars = _bars()
    assert played(bars, prompt([tick(seconds)]), until=CLOSE + MINUTE) == []
    assert bars.counts.out_of_session == 1


def test_an_interval_without_trades_repeats_the_last_close_and_says_so() -> None:
    bars = _bars()
    first, gap, last = played(bars, prompt([tick(1, "90"), tick(50, "95"), tick(121)]), until=at(182))
    assert [one.mark for one in (first, gap, last)] == [BarMark.WHOLE, BarMark.GAP, BarMark.WHOLE]
    assert _values(gap) == (*(Decimal(95),) * 4, Decimal(0))
    assert gap.bar.only_repeats
    assert not first.bar.only_repeats


def test_ten_minutes_of_silence_are_stale_and_so_is_the_bar_in_which_it_ends() -> None:
    ticks = [tick(0), tick(659, "105"), tick(661)]
    marks = [one.mark for one in played(_bars(), prompt(ticks), until=at(722))]
    assert marks == [BarMark.WHOLE, BarMark.GAP, *[BarMark.STALE] * 9, BarMark.WHOLE]


def test_a_night_is_no_silence() -> None:
    tomorrow = session(OPEN + timedelta(days=1), CLOSE + timedelta(days=1))
    bars = MinuteBars("AAPL", hours(session(), tomorrow), LIMITS)
    bars.back(OPEN - MINUTE)
    last, first = 6.5 * 3600 - 1, 24 * 3600 + 30
    bars.hear(tick(last - 30), at(last - 30))
    bars.hear(tick(last), at(last))
    closed = bars.hear(tick(first), at(first)) + bars.pass_time(at(24 * 3600 + 62))
    assert [(one.bar.end, one.mark) for one in closed] == [
        (CLOSE, BarMark.STALE),  # the first one of the day, hours after the opening
        (at(24 * 3600 + 60), BarMark.WHOLE),
    ]


@pytest.mark.parametrize("has_ticks", [True, False])
def test_a_bar_that_began_while_the_feed_was_away_is_stale(has_ticks: bool) -> None:
    bars = _bars()
    bars.hear(tick(30), at(30))
    bars.pass_time(at(70))
    bars.lost()
    bars.pass_time(at(100))
    bars.back(at(110))
    if has_ticks:
        bars.hear(tick(115), at(115))
    (second,) = bars.hear(tick(125), at(125))
    (third,) = bars.pass_time(at(182))
    assert (second.mark, third.mark) == (BarMark.STALE, BarMark.WHOLE)


def test_nothing_is_believed_before_the_feed_says_that_it_is_there() -> None:
    bars = MinuteBars("AAPL", hours(), LIMITS)
    bars.hear(tick(1), at(1))
    bars.hear(tick(0, tick_id="late"), at(90))
    assert [one.mark for one in bars.pass_time(at(122))] == [BarMark.STALE]


def test_a_restart_goes_on_behind_the_last_bar_and_gives_none_twice() -> None:
    before = _bars()
    (first,) = played(before, prompt([tick(1), tick(30, "99")]), until=at(62))
    after = MinuteBars("AAPL", hours(), LIMITS)
    after.resume(first.bar)
    after.back(at(63))
    after.hear(tick(30, "99"), at(63))
    after.hear(tick(65), at(65))
    second, third = played(after, prompt([tick(130)]), until=at(182))
    assert [one.bar.end for one in (second, third)] == [at(120), at(180)]
    assert [one.mark for one in (second, third)] == [BarMark.STALE, BarMark.WHOLE]


def test_a_volume_that_cannot_be_stored_makes_the_bar_stale() -> None:
    half = str(LARGEST // 2)
    (bar,) = played(_bars(), prompt([tick(1, size=half), tick(2, size=half)]), until=at(62))
    assert (bar.mark, bar.bar.volume) == (BarMark.STALE, Decimal(0))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"lateness": -SECOND}, "lateness"), ({"lead": -SECOND}, "lead"), ({"silence": 59 * SECOND}, "silence")],
)
def test_limits_that_make_no_sense_are_named(wrong: dict[str, timedelta], named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        TickLimits(**wrong)
