"""What every EventBus and its publisher do."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable
from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.contract.storages import Storage
from tests.contract.within import within


async def _publish(unit_of_work: UnitOfWork, topic: str, *subjects: str) -> None:
    async with unit_of_work.begin() as tx:
        for subject in subjects:
            await tx.events.publish(topic, subject=subject)


async def _next(heard: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(heard), timeout=20)


async def test_a_subscriber_hears_what_is_published_in_its_order(storage: Storage) -> None:
    async with storage.event_bus.subscribe("order") as heard:
        await _publish(storage.unit_of_work, "order", "jx2", "jx1")
        await _publish(storage.unit_of_work, "order", "jx3")
        assert [await _next(heard) for _ in range(3)] == ["jx2", "jx1", "jx3"]


async def test_what_is_published_together_is_heard_in_its_order_and_once(storage: Storage) -> None:
    async with storage.event_bus.subscribe("order") as heard:
        async with storage.unit_of_work.begin() as tx:
            await tx.events.publish_all("order", subjects=[])
            await tx.events.publish_all("order", subjects=[f"jx{n % 40}" for n in range(50)])
        await _publish(storage.unit_of_work, "order", "end")
        assert [await _next(heard) for _ in range(41)] == [*(f"jx{n}" for n in range(40)), "end"]


@pytest.mark.parametrize("wrong", [("Order", "jx1"), ("order", ""), ("order", "x" * 201)])
async def test_refuses_a_wrong_topic_or_subject_among_many(storage: Storage, wrong: tuple[str, str]) -> None:
    async with storage.unit_of_work.begin() as tx:
        with pytest.raises(InvalidValue, match="topic" if wrong[0] == "Order" else "subject"):
            await tx.events.publish_all(wrong[0], subjects=["jx1", wrong[1]])


async def test_every_subscriber_of_a_topic_hears_it_and_others_do_not(storage: Storage) -> None:
    bus = storage.event_bus
    async with bus.subscribe("order") as one, bus.subscribe("order") as two, bus.subscribe("orders") as other:
        await _publish(storage.unit_of_work, "order", "jx1")
        await _publish(storage.unit_of_work, "orders", "end")
        assert await _next(one) == "jx1"
        assert await _next(two) == "jx1"
        assert await _next(other) == "end"


async def test_what_was_published_before_the_subscription_is_not_heard(storage: Storage) -> None:
    await _publish(storage.unit_of_work, "order", "early")
    async with storage.event_bus.subscribe("order") as heard:
        await _publish(storage.unit_of_work, "order", "late")
        assert await _next(heard) == "late"


async def test_nobody_hears_of_a_change_that_was_rolled_back(storage: Storage) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.events.publish("order", subject="rolled back")
        raise ZeroDivisionError

    async with storage.event_bus.subscribe("order") as heard:
        with pytest.raises(ZeroDivisionError):
            await within(storage.unit_of_work, fail)
        await _publish(storage.unit_of_work, "order", "committed")
        assert await _next(heard) == "committed"


async def test_a_hint_comes_after_its_commit(storage: Storage) -> None:
    async with storage.event_bus.subscribe("order") as heard:
        async with storage.unit_of_work.begin() as tx:
            await tx.events.publish("order", subject="jx1")
            await tx.orders.raise_epoch("paper")
            early = asyncio.create_task(_next(heard))
            await asyncio.wait([early], timeout=0.2)
            assert not early.done()
        assert await early == "jx1"


async def test_the_same_hint_twice_in_one_transaction_is_given_once(storage: Storage) -> None:
    async with storage.event_bus.subscribe("order") as heard:
        await _publish(storage.unit_of_work, "order", "jx1", "jx1", "end")
        assert [await _next(heard), await _next(heard)] == ["jx1", "end"]


async def test_a_subject_of_200_characters_of_any_script_arrives(storage: Storage) -> None:
    subject = "日" * 200
    async with storage.event_bus.subscribe("order") as heard:
        await _publish(storage.unit_of_work, "order", subject)
        assert await _next(heard) == subject


@pytest.mark.parametrize("topic", ["", "Order", "order-1", "order.x", "o" * 51, "órder"])
async def test_refuses_a_topic_that_is_not_a_to_z_and_underscores(storage: Storage, topic: str) -> None:
    with pytest.raises(InvalidValue, match="topic"):
        await _publish(storage.unit_of_work, topic, "jx1")
    with pytest.raises(InvalidValue, match="topic"):
        await storage.event_bus.subscribe(topic).__aenter__()


@pytest.mark.parametrize("subject", ["", "x" * 201])
async def test_refuses_a_subject_that_is_empty_or_too_long(storage: Storage, subject: str) -> None:
    with pytest.raises(InvalidValue, match="subject"):
        await _publish(storage.unit_of_work, "order", subject)


async def test_a_lost_connection_ends_the_subscription_as_unavailable(storage: Storage) -> None:
    async with storage.event_bus.subscribe("order") as heard:
        await _publish(storage.unit_of_work, "order", "before")
        assert await _next(heard) == "before"
        await storage.lose_subscriptions()
        with pytest.raises(Unavailable, match="subscribe again"):
            await _next(heard)
    async with storage.event_bus.subscribe("order") as heard:
        await _publish(storage.unit_of_work, "order", "after")
        assert await _next(heard) == "after"
