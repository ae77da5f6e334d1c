"""MODE=shadow decides as a trader of record does, on a real database and bridge, and leaves no trace."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from jax.app.console import CommandFailed
from jax.app.trader import wiring
from jax.app.trader.settings import TraderSettings, load_settings
from jax.domain.side import Side
from jax.modules.execution.decide_only import SHADOW
from jax.ports.errors import Conflict, Unavailable
from tests.integration.trader.shadow_street import ShadowStreet, open_shadow_street

_DECISION = (
    "quantity",
    "entry_price",
    "stop_loss",
    "take_profit",
    "risk_amount",
    "position_value",
    "direction",
)
_OTHERS = """
    SELECT oid::regclass::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace::regnamespace::text = ANY ($1)
"""


@pytest.fixture
async def street(tmp_path: Path, database_url: str) -> AsyncIterator[ShadowStreet]:
    async with open_shadow_street(tmp_path, database_url) as opened:
        yield opened


async def test_a_shadow_decides_what_the_trader_decides(street: ShadowStreet) -> None:
    await street.quoted()
    async with street.shadow() as shadow:
        decided = await shadow.execute(await shadow.approved_signal())
    async with street.opened() as trader:
        traded = await trader.execute(await trader.approved_signal())
    assert (decided.status_code, traded.status_code) == (201, 201)
    ours, theirs = decided.json()["trade"], traded.json()["trade"]
    assert {name: ours[name] for name in _DECISION} == {name: theirs[name] for name in _DECISION}
    assert ours["signal_id"] == theirs["signal_id"]
    assert (ours["status"], theirs["status"]) == ("CANCELED", "FILLED")


async def test_nothing_but_questions_reaches_the_bridge(
    street: ShadowStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("a shadow has opened what can place orders")

    monkeypatch.setattr(wiring, "open_bridge_client", opened)
    monkeypatch.setattr(wiring, "open_paper_broker", opened)
    await street.quoted()
    async with street.shadow() as shadow:
        decided = await shadow.execute(await shadow.approved_signal())
        repeated = await shadow.execute(decided.json()["trade"]["signal_id"])
        health = (await shadow.http.get("/health")).json()
    assert (decided.status_code, repeated.status_code) == (201, 200)
    assert repeated.json()["trade"] == decided.json()["trade"]
    assert {method for method, _ in street.asked} == {"GET"}
    assert {"/api/v1/account", "/api/v1/positions", "/api/v1/quotes/AAPL"} <= {
        path for _, path in street.asked
    }
    assert await street.bridge.desk.working_orders("paper") == []
    assert await street.bridge.desk.positions("paper") == {}
    assert (await street.bridge.desk.status("paper")).epoch == 0
    assert (health["mode"], health["execution_enabled"], health["status"]) == ("shadow", False, "ok")


async def test_everything_is_written_in_its_own_schema(street: ShadowStreet) -> None:
    await street.quoted()
    before = await _counts(street, "trading", "audit", "advice", "gate", "reference")
    async with street.shadow() as shadow:
        decided = await shadow.execute(await shadow.approved_signal())
    assert await _counts(street, "trading", "audit", "advice", "gate", "reference") == before
    written = await _counts(street, "shadow")
    assert {name for name, count in written.items() if count} == {
        f"shadow.{table}"
        for table in (
            "account",
            "bar",
            "entry",
            "order_transition",
            "orders",
            "request",
            "running",
            "signal",
            "trade",
        )
    }
    order, signal = await _row(street, "shadow.orders"), await _row(street, "shadow.signal")
    assert (order["status"], order["reason_code"]) == ("CANCELED", SHADOW)
    assert order["client_order_id"] == decided.json()["order_id"]
    assert signal["status"] == "EXECUTED"


async def test_a_shadow_runs_beside_the_trader_and_neither_is_in_the_others_way(street: ShadowStreet) -> None:
    await street.quoted()
    async with street.opened() as trader, street.shadow() as shadow:
        traded = await trader.execute(await trader.approved_signal())
        decided = await shadow.execute(await shadow.approved_signal())
        with pytest.raises(Conflict, match="Another trader runs account shadow of paper"):
            async with street.shadow():
                raise AssertionError("a second shadow must not start")
        health = (await trader.http.get("/health")).json()
    assert (traded.status_code, decided.status_code) == (201, 201)
    assert health["status"] == "ok"
    assert await street.bridge.desk.positions("paper") == {
        "AAPL": Decimal(traded.json()["trade"]["quantity"])
    }


async def test_what_the_account_holds_is_what_the_broker_says(street: ShadowStreet) -> None:
    """Somebody else is short there: by its own book the shadow would know nothing of it."""
    await street.quoted()
    await _sell_short(street)
    async with street.shadow() as shadow:
        denied = await shadow.execute(await shadow.approved_signal())
    assert (denied.status_code, denied.json()["code"]) == (422, "POSITION_OPPOSED")
    entry = await _row(street, "shadow.entry", "kind = 'order.denied'")
    assert json.loads(entry["data"])["numbers"]["signed_quantity"] == "-7"


async def test_decisions_do_not_use_the_account_up(street: ShadowStreet) -> None:
    """None of them is ever open or held: the broker's account alone is what there is."""
    await street.quoted()
    async with street.shadow(MAX_OPEN_POSITIONS="1") as shadow:
        for day in (4, 5, 6):
            decided = await shadow.execute(await shadow.approved_signal(day))
            assert decided.status_code == 201
    orders = await _counts(street, "shadow")
    assert orders["shadow.orders"] == 3


async def test_a_bridge_that_cannot_be_asked_denies_and_nothing_is_recorded(street: ShadowStreet) -> None:
    await street.quoted()
    async with street.shadow() as shadow:
        signal_id = await shadow.approved_signal()
        street.bridge.desk.account = _unreachable  # type: ignore[method-assign]
        denied = await shadow.execute(signal_id)
    assert denied.json()["code"] == "BROKER_UNAVAILABLE"
    assert (await _counts(street, "shadow"))["shadow.orders"] == 0


async def test_what_people_tell_an_account_cannot_be_told_a_shadow(street: ShadowStreet) -> None:
    await street.quoted()
    async with street.shadow() as shadow:
        await shadow.execute(await shadow.approved_signal())
        saying = {"actor": "olivia", "reason": "a try"}
        for path in ("/api/v1/kill", "/api/v1/flatten", "/api/v1/orders/jx1/cancel", "/api/v1/mode"):
            assert (await shadow.http.post(path, json=saying)).status_code == 404


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"EXECUTION_ENABLED": "true", "BROKER": "bridge"},
            "EXECUTION_ENABLED=true: MODE=shadow places nothing",
        ),
        ({"BROKER": "paper"}, "BROKER=paper: MODE=shadow reads account and quotes .* set BROKER=bridge"),
    ],
)
def test_settings_that_contradict_a_shadow_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], told: str
) -> None:
    for name in TraderSettings.model_fields:
        monkeypatch.delenv(name, raising=False)
    for name, value in {"MODE": "shadow", **given}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CommandFailed, match=told):
        load_settings()


async def _unreachable(account: str) -> Any:
    raise Unavailable(f"{account}: the line is down")


async def _sell_short(street: ShadowStreet) -> None:
    async with httpx.AsyncClient(base_url=street.url, trust_env=False) as http:
        body = {"symbol": "AAPL", "action": Side.SELL, "quantity": 7}
        (await http.post("/api/v1/orders", json=body)).raise_for_status()


async def _counts(street: ShadowStreet, *schemas: str) -> dict[str, int]:
    connection = await asyncpg.connect(street.database_url)
    try:
        names = [row[0] for row in await connection.fetch(_OTHERS, list(schemas))]
        return {name: await connection.fetchval(f"SELECT count(*) FROM {name}") for name in names}
    finally:
        await connection.close()


async def _row(street: ShadowStreet, table: str, condition: str = "true") -> asyncpg.Record:
    connection = await asyncpg.connect(street.database_url)
    try:
        (row,) = await connection.fetch(f"SELECT * FROM {table} WHERE {condition}")
        return row
    finally:
        await connection.close()
