"""Bars in, signals out, and people's decisions."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.trader.trading_floor import bar_body, open_floor


async def test_bars_are_stored_once_and_become_signals() -> None:
    async with open_floor() as floor:
        first = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4), bar_body(5)]})
        again = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4), bar_body(5)]})
        last = await floor.http.get("/api/v1/bars/last")
    assert first.status_code == 200
    assert first.json()["new_bars"] == 2
    assert [signal["ts_event"] for signal in first.json()["signals"]] == [
        "2024-03-04T21:00:00Z",
        "2024-03-05T21:00:00Z",
    ]
    assert again.json() == {"new_bars": 0, "signals": []}
    assert last.json() == {"last": {"AAPL": "2024-03-05T21:00:00Z"}}


async def test_a_signal_shows_what_proposed_it_in_exact_numbers() -> None:
    async with open_floor() as floor:
        answer = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4, close="27.50")]})
        listed = await floor.http.get("/api/v1/signals")
    (signal,) = answer.json()["signals"]
    assert listed.json()["signals"] == [signal]
    expected = {
        "artifact_id": "art-1",
        "artifact_hash": floor.artifact.payload_sha256,
        "strategy": "buys_every_bar",
        "symbol": "AAPL",
        "side": "BUY",
        "entry_price": "27.5",
        "stop_loss": "26.12",
        "take_profit": "30.25",
        "confidence": "0.8",
        "reason": "a bar came",
        "status": "PENDING",
        "decided_by": None,
        "decided_at": None,
    }
    assert {key: signal[key] for key in expected} == expected


async def test_what_lies_within_the_backtest_is_history_and_gives_no_signal() -> None:
    async with open_floor() as floor:
        answer = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(1)]})
    assert answer.json() == {"new_bars": 1, "signals": []}


async def test_times_may_carry_any_offset() -> None:
    shifted = {"start": "2024-03-04T15:30:00+01:00", "end": "2024-03-04T22:00:00+01:00"}
    async with open_floor() as floor:
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4, **shifted)]})
        last = await floor.http.get("/api/v1/bars/last")
    assert last.json() == {"last": {"AAPL": "2024-03-04T21:00:00Z"}}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"close": 150}, "bars[0].close"),
        ({"close": 150.5}, "bars[0].close"),
        ({"close": "NaN"}, "bars[0].close"),
        ({"close": "Infinity"}, "bars[0].close"),
        ({"close": "-Infinity"}, "bars[0].close"),
        ({"close": "1e400"}, "bars[0].close"),
        ({"close": "1e2"}, "bars[0].close"),
        ({"close": " 150"}, "bars[0].close"),
        ({"close": "1" * 13}, "bars[0].close"),
        ({"end": "2024-03-04T21:00:00"}, "bars[0].end"),
        ({"end": 1709586000}, "bars[0].end"),
        ({"timeframe": "2h"}, "bars[0].timeframe"),
        ({"adjusted": "yes"}, "bars[0].adjusted"),
    ],
)
async def test_a_bar_that_cannot_be_read_names_the_field(change: dict[str, Any], field: str) -> None:
    async with open_floor() as floor:
        response = await floor.http.post("/api/v1/bars", json={"bars": [{**bar_body(), **change}]})
        last = await floor.http.get("/api/v1/bars/last")
    assert (response.status_code, response.json()["code"]) == (422, "INVALID_REQUEST")
    assert response.json()["fields"][0]["field"] == field
    assert last.json() == {"last": {}}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"low": "160"}, "bars[1].bar"),
        ({"low": "0"}, "bars[1].low"),
        ({"low": "-1"}, "bars[1].low"),
        ({"volume": "-1"}, "bars[1].volume"),
        ({"symbol": "aapl"}, "bars[1].symbol"),
        ({"low": "1.123456789"}, "bars[1].low"),
        ({"end": "2024-03-05T10:00:00Z"}, "bars[1].end"),
    ],
)
async def test_a_bar_that_contradicts_itself_is_named_and_nothing_is_stored(
    change: dict[str, str], named: str
) -> None:
    async with open_floor() as floor:
        bars = [bar_body(4), bar_body(5, **change)]
        response = await floor.http.post("/api/v1/bars", json={"bars": bars})
        last = await floor.http.get("/api/v1/bars/last")
    assert (response.status_code, response.json()["code"]) == (422, "INVALID_VALUE")
    assert response.json()["detail"].startswith(f"{named}: ")
    assert last.json() == {"last": {}}


async def test_a_stored_bar_with_other_values_is_a_conflict() -> None:
    async with open_floor() as floor:
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4)]})
        response = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4, close="151")]})
    assert (response.status_code, response.json()["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("count", [0, 5001])
async def test_a_request_has_one_to_five_thousand_bars(count: int) -> None:
    async with open_floor() as floor:
        response = await floor.http.post("/api/v1/bars", json={"bars": [bar_body()] * count})
    assert (response.status_code, response.json()["fields"][0]["field"]) == (422, "bars")


async def test_a_person_approves_or_rejects_once() -> None:
    async with open_floor() as floor:
        answer = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(4)]})
        path = f"/api/v1/signals/{answer.json()['signals'][0]['signal_id']}"
        rejected = await floor.http.post(f"{path}/reject", json={"rejected_by": "olivia"})
        again = await floor.http.post(f"{path}/reject", json={"rejected_by": "olivia"})
        approved = await floor.http.post(f"{path}/approve", json={"approved_by": "olivia"})
    assert (rejected.status_code, rejected.json()["status"]) == (200, "REJECTED")
    assert rejected.json()["decided_by"] == "olivia"
    assert again.json() == rejected.json()
    assert (approved.status_code, approved.json()["code"]) == (409, "ILLEGAL_TRANSITION")


@pytest.mark.parametrize(("decision", "by"), [("approve", "approved_by"), ("reject", "rejected_by")])
async def test_deciding_what_does_not_exist_is_404(decision: str, by: str) -> None:
    async with open_floor() as floor:
        response = await floor.http.post(f"/api/v1/signals/sgnone/{decision}", json={by: "olivia"})
    assert (response.status_code, response.json()["code"]) == (404, "SIGNAL_NOT_FOUND")


async def test_signals_are_listed_by_status_newest_first() -> None:
    async with open_floor() as floor:
        await floor.approved_signal(4)
        floor.clock.advance(timedelta(days=2))
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(5), bar_body(6)]})
        pending = await floor.http.get("/api/v1/signals", params={"status": "PENDING"})
        newest = await floor.http.get("/api/v1/signals", params={"limit": 1})
        wrong = await floor.http.get("/api/v1/signals", params={"status": "MAYBE"})
        too_many = await floor.http.get("/api/v1/signals", params={"limit": 1001})
    assert [s["ts_event"][:10] for s in pending.json()["signals"]] == ["2024-03-06", "2024-03-05"]
    assert [s["ts_event"][:10] for s in newest.json()["signals"]] == ["2024-03-06"]
    assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "status")
    assert (too_many.status_code, too_many.json()["fields"][0]["field"]) == (422, "limit")
