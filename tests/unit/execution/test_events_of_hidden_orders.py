"""What the journal tells of and the broker does not show: it is asked about again, and not for ever."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from jax.domain.order_status import OrderStatus
from jax.modules.execution.follow_events import FollowEvents
from jax.ports.broker import BrokerEvent, BrokerEventKind, OrderReport
from jax.ports.heard_journals import HeardJournal
from tests.desk import NOW
from tests.floor import open_floor
from tests.unit.execution.test_follow_events import Asked, heard, status, with_a_fill_to_hear
from tests.unit.execution.test_protect_positions import account_of


async def test_what_is_asked_about_at_once_is_limited_and_the_rest_is_not_lost() -> None:
    class Many(Asked):
        async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
            asked.append(list(client_order_ids))
            return dict.fromkeys(client_order_ids)

    asked: list[list[str]] = []
    async with open_floor() as floor:
        broker = Many(floor)
        broker.told = tuple(
            BrokerEvent(900 + number, BrokerEventKind.ORDER, f"jx{number}", "new", NOW, 900 + number)
            for number in range(2500)
        )
        follow = FollowEvents(account_of(floor, broker))
        # None of them is found: each is asked about again, after the others, until a minute has passed.
        assert [await follow.run_once() for _ in range(3)] == [1000, 1000, 1000]
        assert [len(names) for names in asked] == [100] * 30
        assert len({name for names in asked[:25] for name in names}) == 2500
        assert (await heard(floor) or HeardJournal("", 0)).seq == 899
        floor.desk.clock.advance(timedelta(seconds=61))
        assert [await follow.run_once() for _ in range(2)] == [1000, 0]
        assert (await heard(floor) or HeardJournal("", 0)).seq == 900 + 2499


async def test_an_order_that_is_not_found_at_once_is_asked_about_again() -> None:
    class Slow(Asked):
        async def query_many(self, client_order_ids: Sequence[str]) -> Mapping[str, OrderReport | None]:
            said = await super().query_many(client_order_ids)
            looks.append(said)
            return dict.fromkeys(said) if len(looks) == 1 else said

    looks: list[Mapping[str, OrderReport | None]] = []
    async with with_a_fill_to_hear() as (floor, _, _):
        follow = FollowEvents(account_of(floor, Slow(floor)))
        await follow.run_once()
        assert await status(floor) is OrderStatus.NEW
        await follow.run_once()
        assert await status(floor) is OrderStatus.FILLED
    assert len(looks) == 2
