"""What every ReferenceData does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.session import ExchangeHoliday, ExchangeSession
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.within import within

_APPLE = Instrument("AAPL", "XNAS", "USD", Decimal("0.01"), Decimal(1))
_FUTURE = Instrument("ES/H24", "XCME", "USD", Decimal("0.25"), Decimal("0.00000001"), Decimal("50"))


def _session(day: int, *, mic: str = "XNYS", half: bool = False) -> ExchangeSession:
    opens_at = datetime(2024, 7, day, 13, 30, tzinfo=UTC)
    hours = 3.5 if half else 6.5
    return ExchangeSession(mic, date(2024, 7, day), opens_at, opens_at + timedelta(hours=hours), half)


def _holiday(day: int, *, mic: str = "XNYS") -> ExchangeHoliday:
    return ExchangeHoliday(mic, date(2024, 7, day))


async def _put(
    unit_of_work: UnitOfWork, sessions: list[ExchangeSession], holidays: list[ExchangeHoliday]
) -> None:
    await within(unit_of_work, lambda tx: tx.reference.put_sessions(sessions, holidays))


async def _sessions(unit_of_work: UnitOfWork, mic: str = "XNYS") -> list[ExchangeSession]:
    return list(await within(unit_of_work, lambda tx: tx.reference.sessions(mic)))


async def _holidays(unit_of_work: UnitOfWork, mic: str = "XNYS") -> list[ExchangeHoliday]:
    return list(await within(unit_of_work, lambda tx: tx.reference.holidays(mic)))


async def test_gives_back_instruments_by_symbol(unit_of_work: UnitOfWork) -> None:
    lower = replace(_APPLE, symbol="A.B")
    await within(unit_of_work, lambda tx: tx.reference.put_instruments([_FUTURE, _APPLE, lower]))
    async with unit_of_work.begin() as tx:
        assert await tx.reference.instrument("ES/H24") == _FUTURE
        assert list(await tx.reference.instruments()) == [lower, _APPLE, _FUTURE]


async def test_an_instrument_put_again_is_replaced(unit_of_work: UnitOfWork) -> None:
    moved = Instrument("AAPL", "XNYS", "EUR", Decimal("0.05"), Decimal(10), Decimal(2))
    await within(unit_of_work, lambda tx: tx.reference.put_instruments([_APPLE, _FUTURE]))
    await within(unit_of_work, lambda tx: tx.reference.put_instruments([moved]))
    assert list(await within(unit_of_work, lambda tx: tx.reference.instruments())) == [moved, _FUTURE]


async def test_of_an_instrument_put_twice_in_one_call_the_last_stays(unit_of_work: UnitOfWork) -> None:
    last = replace(_APPLE, lot_size=Decimal(100))
    await within(unit_of_work, lambda tx: tx.reference.put_instruments([_APPLE, last]))
    assert list(await within(unit_of_work, lambda tx: tx.reference.instruments())) == [last]


async def test_an_unknown_instrument_is_not_found(unit_of_work: UnitOfWork) -> None:
    await within(unit_of_work, lambda tx: tx.reference.put_instruments([]))
    with pytest.raises(NotFound, match="AAPL"):
        await within(unit_of_work, lambda tx: tx.reference.instrument("AAPL"))


async def test_gives_back_the_sessions_and_holidays_of_an_exchange_oldest_first(
    unit_of_work: UnitOfWork,
) -> None:
    await _put(
        unit_of_work,
        [_session(5), _session(3, half=True), _session(5, mic="XLON")],
        [_holiday(25), _holiday(4), _holiday(4, mic="XLON")],
    )
    assert await _sessions(unit_of_work) == [_session(3, half=True), _session(5)]
    assert await _holidays(unit_of_work) == [_holiday(4), _holiday(25)]
    assert await _sessions(unit_of_work, "XLON") == [_session(5, mic="XLON")]
    assert await _holidays(unit_of_work, "XLON") == [_holiday(4, mic="XLON")]
    assert await _sessions(unit_of_work, "XTKS") == []
    assert await _holidays(unit_of_work, "XTKS") == []


async def test_a_session_put_again_is_replaced_and_a_holiday_stays(unit_of_work: UnitOfWork) -> None:
    await _put(unit_of_work, [_session(3), _session(5)], [_holiday(4)])
    await _put(unit_of_work, [_session(3, half=True)], [_holiday(4)])
    assert await _sessions(unit_of_work) == [_session(3, half=True), _session(5)]
    assert await _holidays(unit_of_work) == [_holiday(4)]


async def test_a_date_is_a_session_or_a_holiday_as_it_was_put_last(unit_of_work: UnitOfWork) -> None:
    await _put(unit_of_work, [_session(3), _session(3, mic="XLON")], [_holiday(4), _holiday(4, mic="XLON")])
    await _put(unit_of_work, [_session(4)], [_holiday(3)])
    assert await _sessions(unit_of_work) == [_session(4)]
    assert await _holidays(unit_of_work) == [_holiday(3)]
    assert await _sessions(unit_of_work, "XLON") == [_session(3, mic="XLON")]
    assert await _holidays(unit_of_work, "XLON") == [_holiday(4, mic="XLON")]


async def test_refuses_a_date_that_is_both(unit_of_work: UnitOfWork) -> None:
    with pytest.raises(InvalidValue, match="2024-07-04"):
        await _put(unit_of_work, [_session(3), _session(4)], [_holiday(4)])
    assert await _sessions(unit_of_work) == []


async def test_the_last_session_opened_is_the_newest_that_opened_at_or_before(
    unit_of_work: UnitOfWork,
) -> None:
    await _put(unit_of_work, [_session(2), _session(3), _session(5), _session(1, mic="XLON")], [_holiday(4)])
    tick = timedelta(microseconds=1)
    for at, expected in (
        (_session(2).opens_at, 2),
        (_session(3).opens_at - tick, 2),
        (_session(3).opens_at, 3),
        (_session(3).closes_at + tick, 3),
        (datetime(2024, 7, 4, 15, 0, tzinfo=UTC), 3),
        (_session(5).closes_at, 5),
    ):
        async with unit_of_work.begin() as tx:
            assert await tx.reference.last_session_opened("XNYS", at) == _session(expected), at


@pytest.mark.parametrize(
    "at",
    [_session(2).opens_at - timedelta(microseconds=1), _session(5).closes_at + timedelta(microseconds=1)],
    ids=["before the first", "after the last"],
)
async def test_no_session_is_found_where_the_table_does_not_reach(
    unit_of_work: UnitOfWork, at: datetime
) -> None:
    await _put(unit_of_work, [_session(2), _session(5), _session(1, mic="XLON"), _session(9, mic="XLON")], [])
    with pytest.raises(NotFound, match="XNYS"):
        await within(unit_of_work, lambda tx: tx.reference.last_session_opened("XNYS", at))


async def test_an_exchange_without_sessions_has_no_last_one(unit_of_work: UnitOfWork) -> None:
    with pytest.raises(NotFound, match="XNYS"):
        await within(unit_of_work, lambda tx: tx.reference.last_session_opened("XNYS", _session(2).opens_at))


async def test_thirty_years_of_sessions_are_taken_in_one_call(unit_of_work: UnitOfWork) -> None:
    first = _session(1)
    sessions = [
        replace(
            first,
            session_date=first.session_date + timedelta(days=day),
            opens_at=first.opens_at + timedelta(days=day),
            closes_at=first.closes_at + timedelta(days=day),
        )
        for day in range(7800)
    ]
    await _put(unit_of_work, sessions, [])
    assert await _sessions(unit_of_work) == sessions
