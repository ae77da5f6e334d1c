"""The Idempotency-Key of POST /api/v1/execute: one key, one request, one answer."""

import asyncio
from decimal import Decimal

import httpx
import pytest

from jax.domain.controls import ModeChange, Said, TradingMode
from tests.integration.trader.trading_floor import NOW, Floor, open_floor


async def execute(floor: Floor, signal_id: str, key: str | None, *, by: str = "olivia") -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"signal_id": signal_id, "approved_by": by}
    return await floor.http.post("/api/v1/execute", json=body, headers=headers)


async def another_signal(floor: Floor) -> str:
    return await floor.approved_signal(day=5)


async def test_the_same_key_and_request_get_the_same_answer() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        first = await execute(floor, signal_id, "k1")
        again = await execute(floor, signal_id, "k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(floor.line.placed) == 1


async def test_a_key_for_another_signal_is_refused_and_names_what_it_stands_for() -> None:
    async with open_floor() as floor:
        signal_id, other_id = await floor.approved_signal(), await another_signal(floor)
        await execute(floor, signal_id, "k1")
        other = await execute(floor, other_id, "k1")
        assert len(floor.line.placed) == 1
        own = await execute(floor, other_id, "k2")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert signal_id in other.json()["error"]
    assert "another key" in other.json()["error"]
    # It is decided on its own: one position may not be worth what both would make it.
    assert own.json()["code"] == "POSITION_VALUE_TOO_SMALL"


async def test_a_key_for_another_approver_is_refused() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        await execute(floor, signal_id, "k1")
        other = await execute(floor, signal_id, "k1", by="mallory")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_without_a_key_the_signal_is_the_key() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        first = await execute(floor, signal_id, None)
        keyed = await execute(floor, signal_id, "k1")
        unkeyed = await execute(floor, signal_id, None)
    assert [answer.status_code for answer in (first, keyed, unkeyed)] == [201, 200, 200]
    assert first.json() == keyed.json() == unkeyed.json()


async def test_the_key_of_a_repeat_stands_for_it_too() -> None:
    async with open_floor() as floor:
        signal_id, other_id = await floor.approved_signal(), await another_signal(floor)
        await execute(floor, signal_id, "k1")
        await execute(floor, signal_id, "k2")
        other = await execute(floor, other_id, "k2")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_a_denial_is_the_answer_of_its_key_for_good_and_another_key_asks_anew() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        await _set_mode(floor, TradingMode.REDUCE)
        denied = await execute(floor, signal_id, "k1")
        await _set_mode(floor, TradingMode.NORMAL)
        again = await execute(floor, signal_id, "k1")
        assert floor.line.placed == []
        anew = await execute(floor, signal_id, "k2")
        still = await execute(floor, signal_id, "k1")
    assert (denied.status_code, denied.json()["code"]) == (423, "MODE_REDUCE")
    assert again.json() == denied.json() == still.json()
    assert anew.status_code == 201


async def test_a_denial_keeps_its_numbers() -> None:
    async with open_floor(MIN_POSITION_SIZE=Decimal(500)) as floor:
        signal_id = await floor.approved_signal()
        denied = await execute(floor, signal_id, "k1")
        again = await execute(floor, signal_id, "k1")
    assert denied.json()["numbers"]["quantity"] == "133"
    assert again.json() == denied.json()


async def test_an_answer_that_decided_nothing_is_not_kept() -> None:
    async with open_floor() as floor:
        unknown = await execute(floor, "sgnothing", "k1")
        signal_id = await floor.approved_signal()
        invalid = await execute(floor, signal_id, "k1", by="olivia\n")
        executed = await execute(floor, signal_id, "k1")
    assert (unknown.status_code, invalid.status_code, executed.status_code) == (404, 422, 201)


async def test_a_trader_that_is_fenced_keeps_nothing() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        async with floor.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch("paper")
        response = await execute(floor, signal_id, "k1")
        async with floor.unit_of_work.begin() as transaction:
            kept = await transaction.requests.find("paper", key="k1")
    assert (response.status_code, response.json()["code"]) == (423, "FENCED")
    assert kept is None


async def test_requests_at_the_same_time_keep_their_keys_apart() -> None:
    async with open_floor() as floor:
        signal_id, other_id = await floor.approved_signal(), await another_signal(floor)
        answers = await asyncio.gather(
            *(execute(floor, signal_id, key) for key in ("k1", "k1", "k2", None, "k3", "k1"))
        )
        taken = [await execute(floor, other_id, key) for key in ("k1", "k2", "k3")]
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.text for answer in answers}) == 1
    assert {answer.json()["code"] for answer in taken} == {"IDEMPOTENCY_KEY_REUSED"}
    assert len(floor.line.placed) == 1


async def test_of_two_signals_under_one_key_at_the_same_time_one_is_executed() -> None:
    async with open_floor() as floor:
        ids = [await floor.approved_signal(), await another_signal(floor)]
        answers = await asyncio.gather(*(execute(floor, signal_id, "k1") for signal_id in ids))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert len(floor.line.placed) == 1


@pytest.mark.parametrize("key", ["", "a b", "k" * 65, "kéy"])
async def test_a_key_that_is_none_is_refused_before_anything_is_done(key: str) -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        headers = {b"Idempotency-Key": key.encode()}
        body = {"signal_id": signal_id, "approved_by": "olivia"}
        response = await floor.http.post("/api/v1/execute", json=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "INVALID_REQUEST")
    assert response.json()["fields"][0]["field"].lower() == "idempotency-key"
    assert floor.line.placed == []


async def _set_mode(floor: Floor, mode: TradingMode) -> None:
    async with floor.unit_of_work.begin() as transaction:
        await transaction.controls.set_mode("paper", ModeChange(mode, Said("test", "olivia", NOW)))
