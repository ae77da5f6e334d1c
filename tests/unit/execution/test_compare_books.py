"""Where our fills and the broker's positions differ, the account is observed, and nothing is invented."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from jax.domain.book_difference import position_differences
from jax.domain.controls import TradingMode
from jax.domain.side import Side
from jax.modules.execution.compare_books import CompareBooks
from jax.ports.broker import WorkingOrder
from jax.ports.errors import Unavailable
from tests.cancel_walk import working
from tests.desk import ACCOUNT
from tests.failing_ports import PassingBroker
from tests.floor import Floor, open_floor
from tests.unit.execution.test_protect_positions import account_of, filled


class Other(PassingBroker):
    """Has what somebody else did there."""

    held: Mapping[str, Decimal] | None = None
    foreign: tuple[WorkingOrder, ...] = ()

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        return await super().positions(account) if self.held is None else self.held

    async def working_orders(self, account: str) -> Sequence[WorkingOrder]:
        return [*await super().working_orders(account), *self.foreign]


async def mode_of(floor: Floor) -> TradingMode:
    async with floor.desk.unit_of_work.begin() as transaction:
        return (await transaction.controls.get(ACCOUNT)).mode_of("ma_crossover_v1")


async def test_books_that_agree_change_nothing() -> None:
    async with open_floor() as floor:
        await filled(floor)
        books = CompareBooks(account_of(floor))
        assert [await books.run_once() for _ in range(3)] == [(), (), ()]
        assert await mode_of(floor) is TradingMode.NORMAL


async def test_our_own_working_orders_are_no_difference() -> None:
    async with open_floor() as floor:
        await working(floor)
        books = CompareBooks(account_of(floor))
        assert [await books.run_once() for _ in range(2)] == [(), ()]


async def test_a_difference_that_stays_is_observed_and_told() -> None:
    async with open_floor() as floor:
        await filled(floor)
        broker = Other(floor.desk.broker)
        broker.held = {"AAPL": Decimal(100), "MSFT": Decimal(-5)}
        books = CompareBooks(account_of(floor, broker))
        assert await books.run_once() == ()
        assert await mode_of(floor) is TradingMode.NORMAL
        expected = ("AAPL: 133 by our fills, 100 at the broker", "MSFT: 0 by our fills, -5 at the broker")
        assert await books.run_once() == books.differences == expected
        assert await mode_of(floor) is TradingMode.OBSERVE
        await books.run_once()
        async with floor.desk.unit_of_work.begin() as transaction:
            (entry,) = await transaction.audit.entries(kind="account.mode")
        assert entry.event.data == {"mode": "OBSERVE", "strategy": None, "reason": "; ".join(expected)}


async def test_a_difference_that_was_there_for_a_moment_is_none() -> None:
    async with open_floor() as floor:
        await filled(floor)
        broker = Other(floor.desk.broker)
        broker.held = {}
        books = CompareBooks(account_of(floor, broker))
        await books.run_once()
        broker.held = {"AAPL": Decimal(100)}
        assert await books.run_once() == ()
        broker.held = None
        assert await books.run_once() == ()
        assert await mode_of(floor) is TradingMode.NORMAL


@pytest.mark.parametrize("client_order_id", [None, "jx-somebody-elses"])
async def test_an_order_that_somebody_else_placed_is_a_difference(client_order_id: str | None) -> None:
    async with open_floor() as floor:
        broker = Other(floor.desk.broker)
        broker.foreign = (WorkingOrder(client_order_id, "v77", "AAPL", Side.BUY, Decimal(5)),)
        books = CompareBooks(account_of(floor, broker))
        await books.run_once()
        assert await books.run_once() == ("order v77 works at the broker and is not ours",)
        assert await mode_of(floor) is TradingMode.OBSERVE


async def test_a_broker_that_cannot_be_asked_changes_nothing() -> None:
    class Away(PassingBroker):
        async def positions(self, account: str) -> Mapping[str, Decimal]:
            raise Unavailable("away")

    async with open_floor() as floor:
        books = CompareBooks(account_of(floor, Away(floor.desk.broker)))
        with pytest.raises(Unavailable):
            await books.run_once()
        assert await mode_of(floor) is TradingMode.NORMAL


def test_flat_is_the_same_as_missing() -> None:
    assert position_differences(ours={"A": Decimal(0)}, theirs={"B": Decimal(0)}) == ()
    assert position_differences(ours={"B": Decimal(1), "A": Decimal("0.5")}, theirs={}) == (
        "A: 0.5 by our fills, 0 at the broker",
        "B: 1 by our fills, 0 at the broker",
    )
