"""/health: fit to trade or not, and why."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from jax.domain.running_trader import RunningTrader
from jax.modules.artifacts.verify_artifact import payload_key
from tests.integration.trader import approved_strategy
from tests.integration.trader.trading_floor import NOW, Floor, open_floor, until


async def health(floor: Floor) -> tuple[int, dict[str, Any]]:
    response = await floor.http.get("/health")
    return response.status_code, response.json()


async def test_a_trader_with_something_to_trade_with_is_ok() -> None:
    async with open_floor() as floor:
        status, body = await health(floor)
    assert status == 200
    uptime = body.pop("uptime_seconds")
    assert uptime == 0.0
    assert body == {
        "status": "ok",
        "reasons": [],
        "version": "0.0",
        "mode": "paper",
        "execution_enabled": True,
        "policy": "desk",
        "snapshot_seq": 1,
        "snapshot_expires_at": (NOW + timedelta(days=30)).isoformat().replace("+00:00", "Z"),
        "artifacts": [
            {
                "id": "art-1",
                "strategy": "buys_every_bar",
                "version": "1.0.0",
                "hash": floor.artifact.payload_sha256,
            }
        ],
        "artifacts_refused": [],
        "database": {"name": "database", "ok": True, "problem": None},
        "broker": {"name": "paper", "ok": True, "problem": None},
        "last_execution": None,
    }


async def test_the_last_execution_is_shown() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        trade = (await floor.execute(signal_id)).json()["trade"]
        _, body = await health(floor)
    assert body["last_execution"] == {
        key: trade[key] for key in ("trade_id", "signal_id", "symbol", "status", "submitted_at")
    }


async def test_without_an_approved_artifact_it_is_degraded_and_says_why() -> None:
    async with open_floor(approved=False) as floor:
        status, body = await health(floor)
    assert (status, body["status"]) == (503, "degraded")
    assert body["reasons"] == [
        "there is nothing to trade with: no snapshot has been released yet: "
        "see `artifact-approver release --help`"
    ]


async def test_an_artifact_that_gets_approved_is_loaded_by_the_running_trader() -> None:
    async with open_floor(approved=False) as floor:
        await approved_strategy.approve(floor.unit_of_work, floor.artifact, floor.clock)

        async def healthy() -> bool:
            return (await health(floor))[0] == 200

        await until(healthy)


async def test_an_approved_artifact_with_changed_bytes_is_refused_with_the_reason() -> None:
    async with open_floor(approved=False) as floor:
        key = payload_key(floor.artifact.payload_sha256)
        floor.object_store._objects[key] = floor.artifact.payload.replace(b"0.05", b"0.15")
        await approved_strategy.approve(floor.unit_of_work, floor.artifact, floor.clock)

        async def refused() -> bool:
            return bool((await health(floor))[1]["artifacts_refused"])

        await until(refused)
        status, body = await health(floor)
    assert (status, body["status"], body["artifacts"]) == (503, "degraded", [])
    (refusal,) = body["artifacts_refused"]
    assert refusal["id"] == "art-1"
    assert "its copy in the object store hashes to" in refusal["reason"]
    assert refusal["reason"] in body["reasons"][0]


async def test_another_trader_with_other_artifacts_makes_it_unhealthy_and_does_not_stop_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("jax.app.trader.engine._REPORT_EVERY_SECONDS", 0.05)
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        other = RunningTrader("boot-2", "second", ("sha256:" + "0" * 64,), None, floor.clock.now())
        async with floor.unit_of_work.begin() as transaction:
            await transaction.running.report(other)

        async def unhealthy() -> bool:
            return (await health(floor))[0] == 503

        async def healthy() -> bool:
            return (await health(floor))[0] == 200

        await until(unhealthy)
        _, body = await health(floor)
        assert (await floor.execute(signal_id)).status_code == 201
        floor.clock.advance(timedelta(seconds=10))
        await until(healthy)
    assert body["status"] == "unhealthy"
    assert body["reasons"] == [
        "another trader (account second) runs other artifacts: only it runs sha256:000000000000, "
        f"only this one runs {floor.artifact.payload_sha256[:19]}"
    ]


async def test_a_loader_that_hangs_is_told_and_nothing_enters() -> None:
    async with open_floor() as floor:
        signal_id = await floor.approved_signal()
        asked = asyncio.Event()

        async def hang(_key: str) -> bytes:
            asked.set()
            return await asyncio.Future()

        floor.object_store.get = hang  # type: ignore[assignment,method-assign]  # a disk that does not answer
        await asyncio.wait_for(asked.wait(), 10)
        floor.clock.advance(timedelta(seconds=5.1))
        status, body = await health(floor)
        denied = await floor.execute(signal_id)
    assert (status, body["status"]) == (503, "unhealthy")
    assert body["reasons"] == [
        "nothing enters: what may trade was last verified at 12:00:00 UTC; "
        "look at the database, and restart jax-trader if this stays"
    ]
    assert (denied.status_code, denied.json()["code"]) == (422, "ARTIFACT_NOT_LOADED")
    assert floor.line.placed == []
