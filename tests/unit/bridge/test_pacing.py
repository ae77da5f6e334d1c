"""Messages to the venue keep their distance, and cancels do not wait for places."""

import asyncio

import pytest

from jax.adapters.memory.clock import SettableClock
from jax.domain.errors import InvalidValue
from jax.modules.bridge.bridge_desk import BridgeLimits
from jax.modules.bridge.pacing import MessageLane
from tests.contract.broker_venues import OPENING
from tests.unit.bridge.bridge_floor import open_bridge_floor

SECOND_NS = 1_000_000_000


class PassingTime(SettableClock):
    """A clock on which waiting takes the time that it asks for, and none of ours."""

    def __init__(self) -> None:
        super().__init__(OPENING)
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> PassingTime:
    clock = PassingTime()
    monkeypatch.setattr("jax.modules.bridge.pacing.asyncio.sleep", clock.sleep)
    return clock


async def test_a_burst_goes_at_once_and_the_rest_a_second_after_those_before_it(
    passing: PassingTime,
) -> None:
    lane = MessageLane(3, passing)
    for _ in range(8):
        await lane.turn()
    assert passing.waits == [1.0, 1.0, 1.0, 2.0, 2.0]


async def test_a_quiet_second_lets_everything_go_again(passing: PassingTime) -> None:
    lane = MessageLane(2, passing)
    for _ in range(2):
        await lane.turn()
    passing._elapsed_ns += SECOND_NS - 1
    await lane.turn()
    assert passing.waits == [1 / SECOND_NS]
    passing._elapsed_ns += 2 * SECOND_NS
    for _ in range(2):
        await lane.turn()
    assert len(passing.waits) == 1


async def test_a_lane_without_limit_never_waits(passing: PassingTime) -> None:
    lane = MessageLane(None, passing)
    for _ in range(1000):
        await lane.turn()
    assert passing.waits == []


@pytest.mark.parametrize("per_second", [0, -1])
def test_a_lane_that_lets_nothing_pass_is_none(per_second: int) -> None:
    with pytest.raises(InvalidValue, match="per_second"):
        MessageLane(per_second, SettableClock(OPENING))


async def test_cancels_do_not_wait_for_places() -> None:
    limits = BridgeLimits(places_per_second=1, cancels_per_second=1)
    async with open_bridge_floor(limits=limits) as floor, asyncio.timeout(10):
        await floor.desk.place(floor.order("jx1", limit="140"))
        waiting = asyncio.create_task(floor.desk.place(floor.order("jx2")))
        while await floor.book.order("jx2") is None:  # noqa: ASYNC110 - the book tells nobody
            await asyncio.sleep(0)
        await floor.desk.cancel("jx1")
        assert not waiting.done()
        assert floor.line.placed == ["jx1"]
        await waiting
        assert floor.line.placed == ["jx1", "jx2"]


async def test_cancels_keep_their_distance_as_well(passing: PassingTime) -> None:
    limits = BridgeLimits(cancels_per_second=1)
    async with open_bridge_floor(limits=limits, clock=passing) as floor:
        for name in ("jx1", "jx2"):
            await floor.desk.place(floor.order(name, limit="140"))
        await floor.desk.cancel("jx1")
        assert passing.waits == []
        await floor.desk.cancel("jx2")
        assert passing.waits == [1.0]
