"""Signals are looked through, generated, and executed by themselves, over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.trader.approved_strategy import Variant
from tests.integration.trader.trading_floor import Floor, bar_body, open_floor, until


async def _status(floor: Floor, signal_id: str) -> str:
    found = (await floor.http.get("/api/v1/signals")).json()["signals"]
    return str(next(signal["status"] for signal in found if signal["signal_id"] == signal_id))


async def test_an_approved_signal_is_executed_at_once_by_itself() -> None:
    async with open_floor(RUN_EVERY_SECONDS="3600") as floor:
        signal_id = await floor.approved_signal()

        async def executed() -> bool:
            return await _status(floor, signal_id) == "EXECUTED"

        await until(executed)
        again = await floor.execute(signal_id)
    assert again.status_code == 200
    assert len(floor.line.placed) >= 1
    assert len(set(floor.line.placed)) == len(floor.line.placed)


async def test_a_signal_that_its_artifact_approves_needs_nobody() -> None:
    variant = Variant(auto_approve_confidence=Decimal("0.8"))
    async with open_floor(variant=variant, RUN_EVERY_SECONDS="3600") as floor:
        answer = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4)]})
        (signal,) = answer.json()["signals"]
        assert (signal["status"], signal["decided_by"]) == ("APPROVED", "jax-trader")

        async def executed() -> bool:
            return await _status(floor, signal["signal_id"]) == "EXECUTED"

        await until(executed)


async def test_without_the_run_loop_an_approved_signal_waits() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        executed = await floor.execute(signal_id)
    assert executed.status_code == 201


async def test_signals_are_generated_once_and_shown() -> None:
    async with open_floor(approved=False) as floor:
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4)]})
        nothing = await floor.http.post("/api/v1/signals/generate", json={})
    assert (nothing.status_code, nothing.json()) == (200, {"signals": []})
    async with open_floor() as floor:
        (made,) = (await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4)]})).json()["signals"]
        again = await floor.http.post("/api/v1/signals/generate", json={"symbols": ["AAPL"]})
        listed = await floor.http.get("/api/v1/signals")
    assert again.json() == {"signals": []}
    assert listed.json() == {"signals": [made], "next_cursor": None}


async def test_signals_are_found_page_by_page() -> None:
    async with open_floor() as floor:
        floor.clock.advance(timedelta(days=2))
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(day) for day in (4, 5, 6, 7)]})
        days: list[str] = []
        params: dict[str, Any] = {"limit": 2, "symbol": "AAPL", "since": "2024-03-05T00:00:00Z"}
        while True:
            page = (await floor.http.get("/api/v1/signals", params=params)).json()
            days.extend(signal["ts_event"][8:10] for signal in page["signals"])
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
    assert days == ["07", "06", "05"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"side": "HOLD"}, "side"),
        ({"strategy": "No Name"}, "strategy"),
        ({"since": "2024-03-05T00:00:00"}, "since"),
        ({"limit": 0}, "limit"),
        ({"colour": "blue"}, "colour"),
    ],
)
async def test_a_question_that_makes_no_sense_is_named(params: dict[str, Any], field: str) -> None:
    async with open_floor() as floor:
        refused = await floor.http.get("/api/v1/signals", params=params)
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, field)


async def test_a_cursor_that_is_none_is_refused() -> None:
    async with open_floor() as floor:
        refused = await floor.http.get("/api/v1/signals", params={"cursor": "nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_VALUE")
