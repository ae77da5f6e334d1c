"""POST /api/v1/execute: one signal, at most one order, and an answer that says what happened."""

import asyncio
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.order_status import OrderStatus
from tests.integration.trader import approved_strategy
from tests.integration.trader.trading_floor import Floor, bar_body, open_floor, until


async def status_of(floor: Floor) -> str:
    trades = (await floor.http.get("/api/v1/trades")).json()["trades"]
    return str(trades[0]["status"]) if trades else "none"


async def health_status(floor: Floor) -> str:
    return str((await floor.http.get("/health")).json()["status"])


async def test_the_first_answer_is_201_and_shows_the_whole_trade() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        response = await floor.execute(signal_id)
        held = await floor.line.positions("paper")
    assert response.status_code == 201
    body = response.json()
    trade: dict[str, Any] = body.pop("trade")
    assert body.pop("duration") == 0.0
    assert body == {"success": True, "trade_id": trade["trade_id"], "order_id": trade["order_id"]}
    assert held == {"AAPL": Decimal(133)}
    expected = {
        "signal_id": signal_id,
        "symbol": "AAPL",
        "direction": "BUY",
        "quantity": "133",
        "entry_price": "150",
        "stop_loss": "142.5",
        "take_profit": "165",
        "strategy_id": "buys_every_bar",
        "status": "FILLED",
        "filled_qty": "133",
        "avg_fill_price": "150",
        "risk_amount": "997.5",
        "risk_percent": "0.009975",
        "position_value": "19950",
        "submitted_at": "2024-03-06T12:00:00Z",
        "artifact_id": "art-1",
        "artifact_hash": floor.artifact.payload_sha256,
        "policy": "desk",
    }
    assert {key: trade[key] for key in expected} == expected
    assert set(trade) == {*expected, "trade_id", "order_id"}


async def test_a_repeat_is_200_with_the_same_body() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        first = await floor.execute(signal_id)
        again = await floor.execute(signal_id)
        trades = (await floor.http.get("/api/v1/trades")).json()["trades"]
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert trades == [first.json()["trade"]]


async def test_a_repeat_with_another_body_is_refused() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        await floor.execute(signal_id, by="olivia")
        other = await floor.execute(signal_id, by="mallory")
    assert (other.status_code, other.json()["code"]) == (422, "REPEAT_DIFFERS")


async def test_somebody_else_than_the_approver_of_the_signal_is_refused() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        other = await floor.execute(signal_id, by="mallory")
        assert (other.status_code, other.json()["code"]) == (422, "APPROVER_MISMATCH")
        assert floor.line.placed == []
        own = await floor.execute(signal_id)
    assert own.status_code == 201


async def test_requests_at_the_same_time_make_one_order_and_get_equal_answers() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        responses = await asyncio.gather(*(floor.execute(signal_id) for _ in range(20)))
    assert sorted(response.status_code for response in responses) == [200] * 19 + [201]
    assert len({response.text for response in responses}) == 1
    assert len(floor.line.placed) == 1


async def test_a_client_that_hangs_up_does_not_stop_its_execution() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        floor.line.may_answer.clear()
        request = asyncio.create_task(floor.execute(signal_id))
        await floor.line.arrived.wait()
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        floor.line.may_answer.set()
        again = await floor.execute(signal_id)
    assert again.status_code == 200
    assert again.json()["trade"]["status"] == "FILLED"
    assert len(floor.line.placed) == 1


async def test_a_trader_that_stops_lets_a_running_execution_finish() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        floor.line.may_answer.clear()
        request = asyncio.create_task(floor.execute(signal_id))
        await floor.line.arrived.wait()
        request.cancel()
        asyncio.get_running_loop().call_later(0.05, floor.line.may_answer.set)
    async with floor.unit_of_work.begin() as transaction:
        ((_, order),) = await transaction.orders.trades("paper")
    assert order.status is OrderStatus.FILLED


async def test_a_lost_answer_is_202_and_reconciliation_finds_the_fill() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        floor.line.loses_answers = True
        response = await floor.execute(signal_id)
        assert response.status_code == 202
        assert response.json()["trade"]["status"] == "UNKNOWN"

        async def found() -> bool:
            return await status_of(floor) == "FILLED"

        await until(found)
        assert (await floor.execute(signal_id)).status_code == 200
    assert len(floor.line.placed) == 1


async def test_a_signal_that_nobody_approved_is_409() -> None:
    async with open_floor() as floor:
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body()]})
        (signal,) = (await floor.http.get("/api/v1/signals")).json()["signals"]
        response = await floor.execute(signal["signal_id"])
    assert (response.status_code, response.json()["code"]) == (409, "SIGNAL_NOT_APPROVED")
    assert floor.line.placed == []


async def test_an_unknown_signal_is_404() -> None:
    async with open_floor() as floor:
        response = await floor.execute("sgnothing")
    assert (response.status_code, response.json()["code"]) == (404, "SIGNAL_NOT_FOUND")


async def test_execution_that_is_off_is_423_and_names_the_setting() -> None:
    async with open_floor(EXECUTION_ENABLED=False) as floor:
        response = await floor.execute(await floor.approved_signal())
    assert (response.status_code, response.json()["code"]) == (423, "EXECUTION_DISABLED")
    assert "EXECUTION_ENABLED=true" in response.json()["error"]
    assert floor.line.placed == []


async def test_a_broken_limit_is_422_with_the_numbers_that_broke_it() -> None:
    async with open_floor(MIN_POSITION_SIZE=Decimal(500)) as floor:
        response = await floor.execute(await floor.approved_signal())
    body = response.json()
    assert response.status_code == body["status"] == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert body["code"] == "POSITION_VALUE_TOO_SMALL"
    assert body["numbers"] == {
        "quantity": "133",
        "min_position_size": "500",
        "max_position_value": "20000",
        "max_position_value_fraction": "0.2",
        "position_value": "0",
    }
    assert body["error"] == body["detail"]


async def test_an_order_that_the_broker_refuses_is_422_and_stays_on_record() -> None:
    async with open_floor(MAX_POSITION_SIZE=Decimal("10.5")) as floor:
        # The venue takes whole lots: what the reference data says after the quote came does not matter to it.
        signal_id = await floor.approved_signal()
        async with floor.unit_of_work.begin() as transaction:
            finer = await transaction.reference.instrument("AAPL")
            await transaction.reference.put_instruments(
                [type(finer)("AAPL", "XNAS", "USD", finer.price_increment, Decimal("0.5"))]
            )
        response = await floor.execute(signal_id)
        again = await floor.execute(signal_id)
        status = await status_of(floor)
    body = response.json()
    assert (response.status_code, body["code"]) == (422, "BROKER_REFUSED")
    assert (body["reason_code"], body["order_status"]) == ("QUANTITY_NOT_IN_LOTS", "REJECTED")
    assert again.json() == body
    assert status == "REJECTED"


async def test_a_trader_that_lost_its_lock_sends_nothing_and_says_so() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        floor.lock.is_held = False

        async def unhealthy() -> bool:
            return await health_status(floor) == "unhealthy"

        await until(unhealthy)
        response = await floor.execute(signal_id)
        floor.lock.is_held = True
        await asyncio.sleep(1.2)
        still = await floor.execute(signal_id)
    assert (response.status_code, response.json()["code"]) == (423, "FENCED")
    assert still.json()["code"] == "FENCED"
    assert floor.line.placed == []


async def test_a_later_trader_of_the_account_fences_this_one() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        async with floor.unit_of_work.begin() as transaction:
            await transaction.orders.raise_epoch("paper")
        response = await floor.execute(signal_id)
    assert (response.status_code, response.json()["code"]) == (423, "FENCED")
    assert floor.line.placed == []


async def test_a_revoked_artifact_stops_trading_within_a_moment() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        await approved_strategy.revoke(floor.unit_of_work, floor.artifact, floor.clock)
        response = await floor.execute(signal_id)
        assert response.status_code == 422
        assert response.json()["code"] in {"ARTIFACT_NOT_LOADABLE", "ARTIFACT_NOT_LOADED"}

        async def unloaded() -> bool:
            return await health_status(floor) == "degraded"

        await until(unloaded)
        bars = await floor.http.post("/api/v1/bars", json={"bars": [bar_body(5)]})
    assert bars.json() == {"new_bars": 1, "signals": []}


async def test_a_working_entry_of_a_revoked_artifact_is_canceled_within_a_moment() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(5, close="151")]})
        assert (await floor.execute(signal_id)).json()["trade"]["status"] == "NEW"
        await approved_strategy.revoke(floor.unit_of_work, floor.artifact, floor.clock)

        async def canceled() -> bool:
            return await status_of(floor) == "CANCELED"

        await until(canceled)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"signal_id": "sg1"}, "approved_by"),
        ({"signal_id": "sg1", "approved_by": "olivia", "quantity": "5"}, "quantity"),
        ({"signal_id": 5, "approved_by": "olivia"}, "signal_id"),
        ({"signal_id": "", "approved_by": "olivia"}, "signal_id"),
        ({"signal_id": "s" * 65, "approved_by": "olivia"}, "signal_id"),
        ({"signal_id": "sg1", "approved_by": ""}, "approved_by"),
    ],
)
async def test_a_body_that_is_not_the_request_names_the_field(body: dict[str, Any], field: str) -> None:
    async with open_floor() as floor:
        response = await floor.http.post("/api/v1/execute", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "INVALID_REQUEST")
    assert response.json()["fields"][0]["field"] == field


async def test_a_name_that_cannot_be_recorded_is_refused_before_anything_is_sent() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        response = await floor.execute(signal_id, by="olivia\n")
    assert (response.status_code, response.json()["code"]) == (422, "INVALID_VALUE")
    assert floor.line.placed == []
