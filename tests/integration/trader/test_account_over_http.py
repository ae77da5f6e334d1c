"""Orders, positions, the account and its controls over HTTP: who says what and why, and what comes of it."""

from typing import Any

import httpx
import pytest

from tests.integration.trader.trading_floor import Floor, bar_body, open_floor, until

SAYING = {"actor": "olivia", "reason": "the venue is slow"}


async def get(floor: Floor, path: str, **query: Any) -> Any:
    answer = await floor.http.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(floor: Floor, path: str, **more: Any) -> httpx.Response:
    return await floor.http.post(f"/api/v1/{path}", json=SAYING | more)


async def exits_placed(floor: Floor) -> bool:
    legs = {order["leg"]: order["status"] for order in (await get(floor, "orders"))["orders"]}
    return (legs.get("STOP"), legs.get("TARGET")) == ("NEW", "NEW")


async def executed(floor: Floor) -> Any:
    answer = await floor.execute(await floor.approved_signal())
    assert answer.status_code == 201, answer.text
    return answer.json()["trade"]


async def test_an_executed_trade_is_protected_by_itself_and_shown() -> None:
    async with open_floor() as floor:
        trade = await executed(floor)
        await until(lambda: exits_placed(floor))
        orders = (await get(floor, "orders"))["orders"]
        positions = await get(floor, "positions")
        fills = (await get(floor, "fills"))["fills"]
    entry = next(order for order in orders if order["leg"] == "ENTRY")
    assert (entry["order_id"], entry["leg"], entry["status"]) == (trade["order_id"], "ENTRY", "FILLED")
    stop = next(order for order in orders if order["leg"] == "STOP")
    assert (stop["stop_price"], stop["side"], stop["quantity"], stop["time_in_force"]) == (
        "142.5",
        "SELL",
        "133",
        "GTC",
    )
    assert {order["artifact_hash"] for order in orders} == {trade["artifact_hash"]}
    assert positions["positions"] == [
        {"symbol": "AAPL", "quantity": "133", "average_price": "150", "realized_pnl": "0"}
    ]
    (held,) = positions["trades"]
    assert (held["trade_id"], held["held_qty"], held["protected_qty"]) == (trade["trade_id"], "133", "133")
    assert [(fill["order_id"], fill["quantity"], fill["revision"]) for fill in fills] == [
        (trade["order_id"], "133", 0)
    ]


async def test_orders_are_chosen_by_status_and_number() -> None:
    async with open_floor() as floor:
        await executed(floor)
        await until(lambda: exits_placed(floor))
        working = (await get(floor, "orders", status=["NEW", "UNKNOWN"]))["orders"]
        assert {order["leg"] for order in working} == {"STOP", "TARGET"}
        assert len((await get(floor, "orders", limit=1))["orders"]) == 1
        refused = await floor.http.get("/api/v1/orders", params={"limit": 0})
    assert refused.status_code == 422


@pytest.mark.parametrize("path", ["positions/AAPL/close", "flatten"])
async def test_a_position_is_closed_on_a_persons_word(path: str) -> None:
    async with open_floor() as floor:
        await executed(floor)
        await until(lambda: exits_placed(floor))
        answer = await post(floor, path)
        assert answer.status_code == 202, answer.text
        (closing,) = answer.json()["orders"]
        assert (closing["leg"], closing["status"], closing["filled_qty"]) == ("CLOSE", "FILLED", "133")

        async def is_clean() -> bool:
            return not (await get(floor, "positions"))["trades"]

        await until(is_clean)
        assert await floor.line.positions("paper") == {}
        assert await floor.line.working_orders("paper") == []


async def test_an_order_is_canceled_by_its_id() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        # Away from its limit, the entry works.
        await floor.http.post("/api/v1/bars", json={"bars": [bar_body(5, close="155")]})
        order_id = (await floor.execute(signal_id)).json()["order_id"]
        answer = await post(floor, f"orders/{order_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "CANCELED")
        assert answer.json()["cancel_requested_at"] == "2024-03-06T12:00:00Z"
        unknown = await post(floor, "orders/jx0/cancel")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")


async def test_a_kill_stops_everything_until_it_is_released() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        killed = await post(floor, "kill")
        assert killed.json()["killed"] == SAYING | {"at": "2024-03-06T12:00:00Z"}
        denied = await floor.execute(signal_id)
        assert (denied.status_code, denied.json()["code"]) == (423, "KILL_SWITCH")
        assert (await get(floor, "account"))["controls"]["killed"]["actor"] == "olivia"
        released = await post(floor, "kill/release")
        assert released.json()["killed"] is None
        assert (await floor.execute(signal_id)).status_code == 201


@pytest.mark.parametrize("strategy", [None, "buys_every_bar"])
async def test_a_mode_denies_entries(strategy: str | None) -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        answer = await post(floor, "mode", mode="REDUCE", strategy=strategy)
        assert answer.status_code == 200, answer.text
        denied = await floor.execute(signal_id)
        assert (denied.status_code, denied.json()["code"]) == (423, "MODE_REDUCE")
        await post(floor, "mode", mode="NORMAL", strategy=strategy)
        assert (await floor.execute(signal_id)).status_code == 201


async def test_an_artifact_is_armed_and_disarmed() -> None:
    async with open_floor() as floor:
        sha256 = floor.artifact.payload_sha256
        armed = await post(floor, "arm", artifact_hash=sha256, expires_at="2024-03-06T13:00:00Z")
        assert [arming["artifact_hash"] for arming in armed.json()["armed"]] == [sha256]
        late = await post(floor, "arm", artifact_hash=sha256, expires_at="2024-03-06T11:00:00Z")
        assert (late.status_code, late.json()["fields"][0]["field"]) == (422, "expires_at")
        naive = await post(floor, "arm", artifact_hash=sha256, expires_at="2024-03-06T13:00:00")
        assert naive.status_code == 422
        assert (await post(floor, "disarm", artifact_hash=sha256)).json()["armed"] == []


async def test_the_limits_and_the_account_are_shown() -> None:
    async with open_floor() as floor:
        risk, account = await get(floor, "risk"), await get(floor, "account")
    assert risk["limits"]["max_daily_loss"] == "1000"
    assert risk["limits"]["max_open_positions"] == 5
    assert risk["limits"]["max_position_value_fraction"] == "0.2"
    assert (account["account"], account["net_liquidation"], account["differences"]) == ("paper", "100000", [])


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("kill", {"actor": "olivia"}, "reason"),
        ("kill", {"reason": "x"}, "actor"),
        ("kill", {"actor": "olivia", "reason": "x", "more": 1}, "more"),
        ("kill", {"actor": "olivia", "reason": "a\nb"}, "reason"),
        ("mode", {"actor": "olivia", "reason": "x", "mode": "FAST"}, "mode"),
        ("mode", {"actor": "olivia", "reason": "x", "mode": "REDUCE", "strategy": "A B"}, "strategy"),
        ("arm", {"actor": "olivia", "reason": "x", "artifact_hash": "short"}, "artifact_hash"),
        ("positions/aapl/close", {"actor": "olivia", "reason": "x"}, "symbol"),
    ],
    ids=str,
)
async def test_a_word_that_is_none_names_the_field(path: str, body: dict[str, Any], field: str) -> None:
    async with open_floor() as floor:
        refused = await floor.http.post(f"/api/v1/{path}", json=body)
    assert refused.status_code == 422
    assert field in {problem["field"] for problem in refused.json()["fields"]}
