"""A session is a day of its exchange, in its own zone: daylight saving and midnight in UTC move nothing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from jax.adapters.calendars.exchange_calendars_calendar import ExchangeCalendars
from tests.gate_desk import GateDesk
from tests.integration.trader.trading_floor import Floor, open_floor, until

# New York changes its clocks on Sunday, 10 March 2024, and trades from 9:30 to 16:00 of its own time.
FRIDAY, SATURDAY, MONDAY = 8, 9, 11


async def _code(floor: Floor, signal_id: str, day: int, hour: int, minute: int) -> str | None:
    """What an execution at that moment of March 2024 is refused with; None when it is not."""
    around = ExchangeCalendars().sessions("XNAS", first=date(2024, 3, 1), last=date(2024, 3, 15))
    async with floor.unit_of_work.begin() as transaction:
        await transaction.reference.put_sessions(*around)
    floor.clock.jump_to(datetime(2024, 3, day, hour, minute, tzinfo=UTC))
    # What people let trade they renew from day to day; the trader looks for it by itself.
    await GateDesk(floor.unit_of_work, floor.clock).renew()
    answer: dict[str, Any] = {}

    async def decided() -> bool:
        answer.update((await floor.execute(signal_id)).json())
        return answer.get("code") not in {"ARTIFACT_NOT_LOADED", "ARTIFACT_NOT_LOADABLE"}

    await until(decided)
    return None if answer.get("success") else str(answer["code"])


@pytest.mark.parametrize(
    ("day", "hour", "minute", "code"),
    [
        (FRIDAY, 14, 29, "SESSION_CLOSED"),
        (FRIDAY, 14, 30, None),
        (FRIDAY, 20, 59, None),
        (MONDAY, 13, 29, "SESSION_CLOSED"),
        (MONDAY, 13, 30, None),
        (MONDAY, 20, 1, "SESSION_CLOSED"),
    ],
)
async def test_the_session_moves_with_daylight_saving(
    day: int, hour: int, minute: int, code: str | None
) -> None:
    async with open_floor(MUST_BE_IN_SESSION=True) as floor:
        assert await _code(floor, await floor.approved_signal(), day, hour, minute) == code


async def test_a_loss_is_latched_over_midnight_and_the_weekend_until_the_next_opening() -> None:
    async with open_floor(MUST_BE_IN_SESSION=False) as floor:
        signal_id = await floor.approved_signal()
        async with floor.unit_of_work.begin() as transaction:
            await transaction.controls.latch_loss("paper", date(2024, 3, FRIDAY))
        moments = ((FRIDAY, 20, 50), (FRIDAY, 23, 59), (SATURDAY, 0, 1), (MONDAY, 13, 29))
        latched = [await _code(floor, signal_id, *moment) for moment in moments]
        opened = await _code(floor, signal_id, MONDAY, 13, 30)
    assert latched == ["DAILY_LOSS_LATCHED"] * 4
    assert opened is None
