"""There is one trader of an account at a time, and whoever was it before can do nothing any more."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jax.domain.order_status import OrderStatus
from jax.ports.errors import Conflict
from tests.integration.execution.two_traders import OpenTrader, Street, open_street
from tests.integration.trader.chaos_books import disagreements, ours_of, theirs_of
from tests.integration.trader.lossy_relay import ORDERS, LossyRelay
from tests.integration.trader.trading_floor import until

ACCOUNT = "paper"


@pytest.fixture
async def street(tmp_path: Path, database_url: str) -> AsyncIterator[Street]:
    async with open_street(tmp_path, database_url) as opened:
        yield opened


async def test_a_second_trader_is_told_at_once_and_changes_nothing(street: Street) -> None:
    async with street.trader(1) as first:
        with pytest.raises(Conflict, match=r"Another trader runs account paper .*: stop it first"):
            async with street.trader(2):
                raise AssertionError("it must not start")
        executed = await first.execute(await first.approved_signal())
        status = await street.bridge.desk.status(ACCOUNT)
    assert (executed.status_code, executed.json()["trade"]["status"]) == (201, "FILLED")
    assert status.epoch == 1


async def test_whoever_has_lost_the_lock_sends_nothing_and_says_so(street: Street) -> None:
    async with street.trader(1) as first:
        signal_id = await first.approved_signal()
        await street.end_the_locks_session()
        async with street.trader(2) as second:
            # The first may not have looked at its lock yet: then it is the account's epoch that stops it.
            at_once = await first.execute(signal_id)
            await until(lambda: _is_fenced(first))
            later = await first.execute(signal_id)
            executed = await second.execute(signal_id)
            await until(lambda: _has_its_exits(second))
        assert {at_once.json()["code"], later.json()["code"]} == {"FENCED"}
        assert (at_once.status_code, later.status_code) == (423, 423)
        assert (executed.status_code, executed.json()["trade"]["status"]) == (201, "FILLED")
    await _check_books(street)


async def _has_its_exits(trader: OpenTrader) -> bool:
    orders = (await trader.http.get("/api/v1/orders")).json()["orders"]
    return sorted(order["status"] for order in orders) == ["FILLED", "NEW", "NEW"]


async def _is_fenced(trader: OpenTrader) -> bool:
    health = (await trader.http.get("/health")).json()
    return any("has lost its lock" in reason for reason in health["reasons"])


async def test_an_order_that_is_on_its_way_when_another_takes_over_is_fenced_at_the_bridge(
    street: Street,
) -> None:
    port = int(street.url.rpartition(":")[2])
    with LossyRelay(port).running() as line:
        async with street.trader(1, bridge_url=line.url) as first:
            signal_id = await first.approved_signal()
            line.holds = ORDERS
            executing = asyncio.create_task(first.execute(signal_id))
            await asyncio.to_thread(line.is_holding.wait)
            await street.end_the_locks_session()
            async with street.trader(2) as second:
                # Recorded under epoch 1, and within its deadline: nothing but the bridge can stop it.
                line.let_pass()
                answer = await executing
                repeated = await second.execute(signal_id)
                floor = (await street.bridge.desk.status(ACCOUNT)).epoch
    assert floor == 2
    assert (answer.status_code, answer.json()["reason_code"]) == (422, "FENCED")
    assert answer.json()["order_status"] == OrderStatus.ABSENT
    assert (repeated.status_code, repeated.json()["reason_code"]) == (422, "FENCED")
    assert theirs_of(_bridge_home(street)).statuses == {}
    await _check_books(street)


async def test_fifty_callers_over_http_get_one_order_and_equal_answers(street: Street) -> None:
    async with street.trader(1) as trader:
        signal_id = await trader.approved_signal()
        answers = await asyncio.gather(*(trader.execute(signal_id) for _ in range(50)))
        again = await trader.execute(signal_id)
    bodies = [answer.json() for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert all(body == bodies[0] for body in bodies)
    assert again.json() == bodies[0]
    assert theirs_of(_bridge_home(street)).entries == {bodies[0]["order_id"]}


def _bridge_home(street: Street) -> Path:
    return street.homes / "bridge-home"


async def _check_books(street: Street) -> None:
    ours = await asyncio.to_thread(ours_of, street.database_url)
    assert disagreements(ours, theirs_of(_bridge_home(street))) == []
