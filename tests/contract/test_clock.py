"""What every Clock does."""

from datetime import UTC, datetime, timedelta

import pytest

from jax.adapters.memory.clock import SettableClock
from jax.adapters.system.system_clock import SystemClock
from jax.domain.errors import InvalidValue
from jax.ports.clock import Clock

_THEN = datetime(2024, 3, 1, 15, 30, tzinfo=UTC)


@pytest.fixture(params=["settable", "system"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return SettableClock(_THEN) if request.param == "settable" else SystemClock()


def test_now_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_monotonic_time_never_goes_back(clock: Clock) -> None:
    readings = [clock.monotonic_ns() for _ in range(1000)]
    assert readings == sorted(readings)
    assert {type(reading) for reading in readings} == {int}


def test_the_system_clock_shows_the_time_of_the_machine() -> None:
    before = datetime.now(UTC)
    shown = SystemClock().now()
    assert before <= shown <= datetime.now(UTC)


def test_a_settable_clock_stands_still_until_it_is_advanced() -> None:
    clock = SettableClock(_THEN)
    assert (clock.now(), clock.now()) == (_THEN, _THEN)
    started = clock.monotonic_ns()
    clock.advance(timedelta(seconds=1, microseconds=5))
    assert clock.now() == _THEN + timedelta(seconds=1, microseconds=5)
    assert clock.monotonic_ns() - started == 1_000_005_000
    clock.advance(timedelta(seconds=1))
    assert clock.monotonic_ns() - started == 2_000_005_000


def test_a_settable_clock_jumps_without_time_passing() -> None:
    clock = SettableClock(_THEN)
    started = clock.monotonic_ns()
    clock.jump_to(_THEN - timedelta(days=1))
    assert clock.now() == _THEN - timedelta(days=1)
    assert clock.monotonic_ns() == started


def test_a_settable_clock_refuses_local_time_and_time_that_runs_back() -> None:
    with pytest.raises(InvalidValue, match="UTC"):
        SettableClock(_THEN.replace(tzinfo=None))
    clock = SettableClock(_THEN)
    with pytest.raises(InvalidValue, match="UTC"):
        clock.jump_to(_THEN.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match="monotonic"):
        clock.advance(timedelta(microseconds=-1))
    assert clock.now() == _THEN
