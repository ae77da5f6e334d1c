"""What every OrderStore does with the orders that leave a trade."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from jax.domain.artifact import Artifact
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.domain.signal import Signal
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import UnitOfWork
from tests.contract.stored_values import ACCOUNT, NOW, fill, minutes, store_in_status, store_signal
from tests.contract.within import within

_S = OrderStatus


async def _entry(
    unit_of_work: UnitOfWork,
    of: Signal,
    *,
    filled: int = 40,
    bracket: tuple[Decimal | None, Decimal | None] = (None, None),
) -> Order:
    stop, target = bracket
    entry = await store_in_status(
        unit_of_work, of, _S.NEW, bracket_stop_price=stop, bracket_target_price=target
    )
    if not filled:
        return entry
    filled_entry = entry.with_fill(fill(entry, f"x-{of.signal_id}", quantity=filled), at=NOW + minutes(2))
    async with unit_of_work.begin() as tx:
        await tx.orders.add_fill(ACCOUNT, fill(entry, f"x-{of.signal_id}", quantity=filled))
        await tx.orders.save(filled_entry)
    return filled_entry


def _exit(of: Order, client_order_id: str = "jx-out", **changes: Any) -> Order:
    leaving = replace(
        of,
        client_order_id=client_order_id,
        side=Side.SELL,
        order_type=OrderType.STOP,
        limit_price=None,
        stop_price=Decimal("140.5"),
        time_in_force=TimeInForce.GTC,
        quantity=Decimal(40),
        filled_quantity=Decimal(0),
        average_price=None,
        status=_S.PENDING_NEW,
        leg=OrderLeg.STOP,
        bracket_stop_price=None,
        bracket_target_price=None,
        created_at=NOW + minutes(3),
        updated_at=NOW + minutes(3),
    )
    return replace(leaving, **changes)


async def test_an_exit_is_stored_and_given_back_beside_its_entry(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved)
    leaving = _exit(entry)
    await within(unit_of_work, lambda tx: tx.orders.add_exit(leaving))
    assert await within(unit_of_work, lambda tx: tx.orders.get("jx-out")) == leaving
    found = await within(unit_of_work, lambda tx: tx.orders.of_signal(ACCOUNT, signal_id=approved.signal_id))
    assert list(found) == [entry, leaving]
    assert list(await within(unit_of_work, lambda tx: tx.orders.of_signal("other", signal_id="sg1"))) == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"client_order_id": "jx-sg1"}, None),
        ({"side": Side.BUY}, "no entry of the other side"),
        ({"symbol": "MSFT"}, "no entry of the other side"),
        ({"quantity": Decimal("40.00000001")}, "more than the 40"),
        ({"status": _S.NEW}, "begins as NEW|to NEW"),
    ],
    ids=["known id", "side", "symbol", "quantity", "status"],
)
async def test_refuses_an_exit_that_does_not_leave_its_entry(
    unit_of_work: UnitOfWork, approved: Signal, change: dict[str, Any], refusal: str | None
) -> None:
    entry = await _entry(unit_of_work, approved)
    with pytest.raises(Conflict, match=refusal):
        await within(unit_of_work, lambda tx: tx.orders.add_exit(_exit(entry, **change)))
    assert list(await within(unit_of_work, lambda tx: tx.orders.of_signal(ACCOUNT, signal_id="sg1"))) == [
        entry
    ]


async def test_an_exit_needs_an_entry(unit_of_work: UnitOfWork, active: Artifact, approved: Signal) -> None:
    entry = await _entry(unit_of_work, approved)
    other = await store_signal(unit_of_work, active, "sg-without-order")
    with pytest.raises(Conflict, match="no entry of the other side"):
        await within(unit_of_work, lambda tx: tx.orders.add_exit(_exit(entry, signal_id=other.signal_id)))


async def test_the_exits_of_a_leg_never_leave_more_than_the_entry_holds(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved)
    first = _exit(entry, "jx-1", quantity=Decimal(30))
    await within(unit_of_work, lambda tx: tx.orders.add_exit(first))
    with pytest.raises(Conflict, match="more than the 10"):
        await within(
            unit_of_work,
            lambda tx: tx.orders.add_exit(_exit(entry, "jx-2", quantity=Decimal(11), revision=1)),
        )
    await within(
        unit_of_work, lambda tx: tx.orders.add_exit(_exit(entry, "jx-2", quantity=Decimal(10), revision=1))
    )
    # A stop and a target may both wait for the whole: the first that fills leaves less for the other.
    target = _exit(
        entry,
        "jx-3",
        leg=OrderLeg.TARGET,
        order_type=OrderType.LIMIT,
        limit_price=Decimal(160),
        stop_price=None,
    )
    await within(unit_of_work, lambda tx: tx.orders.add_exit(target))


async def test_what_an_exit_has_filled_is_not_held_any_more(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved)
    stop = _exit(entry, "jx-1")
    await within(unit_of_work, lambda tx: tx.orders.add_exit(stop))
    sold = fill(stop, "x-out", quantity=25)
    left = stop.with_fill(sold, at=NOW + minutes(4)).moved_to(_S.CANCELED, at=NOW + minutes(5))
    await within(unit_of_work, lambda tx: tx.orders.save(left))
    close = _exit(
        entry, "jx-2", leg=OrderLeg.CLOSE, order_type=OrderType.MARKET, stop_price=None, quantity=Decimal(16)
    )
    with pytest.raises(Conflict, match="more than the 15"):
        await within(unit_of_work, lambda tx: tx.orders.add_exit(close))
    await within(unit_of_work, lambda tx: tx.orders.add_exit(replace(close, quantity=Decimal(15))))


async def test_one_revision_of_a_leg_is_stored_once(unit_of_work: UnitOfWork, approved: Signal) -> None:
    entry = await _entry(unit_of_work, approved)
    await within(unit_of_work, lambda tx: tx.orders.add_exit(_exit(entry, "jx-1", quantity=Decimal(1))))
    with pytest.raises(Conflict):
        await within(unit_of_work, lambda tx: tx.orders.add_exit(_exit(entry, "jx-2", quantity=Decimal(1))))


async def test_a_wish_to_cancel_is_kept(unit_of_work: UnitOfWork, approved: Signal) -> None:
    entry = await store_in_status(unit_of_work, approved, _S.NEW)
    wished = replace(entry, cancel_requested_at=NOW + minutes(7))
    await within(unit_of_work, lambda tx: tx.orders.save(wished))
    assert await within(unit_of_work, lambda tx: tx.orders.get(entry.client_order_id)) == wished


async def test_a_trade_is_held_until_its_exits_have_taken_everything_out(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal
) -> None:
    async def held() -> list[HeldTrade]:
        return list(await within(unit_of_work, lambda tx: tx.orders.held_trades(ACCOUNT)))

    working = await store_in_status(
        unit_of_work, await store_signal(unit_of_work, active, "sg-working"), _S.NEW
    )
    assert await held() == []
    entry = await _entry(unit_of_work, approved)
    (found,) = await held()
    assert (found.entry, found.exits) == (entry, ())
    assert found.held_quantity == 40
    assert found.trade.signal_id == approved.signal_id != working.signal_id
    stop = _exit(entry, "jx-1")
    await within(unit_of_work, lambda tx: tx.orders.add_exit(stop))
    sold = stop.with_fill(fill(stop, "x-out", quantity=25), at=NOW + minutes(4))
    await within(unit_of_work, lambda tx: tx.orders.save(sold))
    (found,) = await held()
    assert found.exits == (sold,)
    assert found.held_quantity == 15
    gone = sold.with_fill(fill(stop, "x-out-2", quantity=15), at=NOW + minutes(5))
    await within(unit_of_work, lambda tx: tx.orders.save(gone))
    assert await held() == []
    assert list(await within(unit_of_work, lambda tx: tx.orders.held_trades("other"))) == []


async def test_a_closed_trade_is_told_of_while_an_exit_is_open(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved)
    stop = _exit(entry, "jx-1")
    target = _exit(
        entry,
        "jx-2",
        leg=OrderLeg.TARGET,
        order_type=OrderType.LIMIT,
        limit_price=Decimal(160),
        stop_price=None,
    )
    sold = stop.with_fill(fill(stop, "x-out", quantity=40), at=NOW + minutes(4))
    async with unit_of_work.begin() as tx:
        await tx.orders.add_exit(stop)
        await tx.orders.add_exit(target)
        await tx.orders.save(sold)
    (found,) = await within(unit_of_work, lambda tx: tx.orders.held_trades(ACCOUNT))
    assert found.held_quantity == 0
    assert found.open_exits == (target,)


async def test_orders_recorded_since_are_those_of_the_account_after_a_moment(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved)
    stop = _exit(entry, "jx-1")
    await within(unit_of_work, lambda tx: tx.orders.add_exit(stop))
    for after, expected in ((NOW - minutes(1), [entry, stop]), (NOW, [stop]), (NOW + minutes(3), [])):
        async with unit_of_work.begin() as tx:
            assert list(await tx.orders.recorded_since(ACCOUNT, after)) == expected
    assert list(await within(unit_of_work, lambda tx: tx.orders.recorded_since("other", NOW))) == []


async def test_the_newest_orders_in_some_statuses(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved)
    stop = _exit(entry, "jx-1")
    await within(unit_of_work, lambda tx: tx.orders.add_exit(stop))
    everything = frozenset(_S)
    for statuses, limit, expected in (
        (everything, 100, [stop, entry]),
        (everything, 1, [stop]),
        (frozenset({_S.PARTIALLY_FILLED}), 100, [entry]),
        (frozenset[OrderStatus](), 100, []),
    ):
        async with unit_of_work.begin() as tx:
            assert list(await tx.orders.newest(ACCOUNT, statuses, limit=limit)) == expected
    async with unit_of_work.begin() as tx:
        assert list(await tx.orders.newest("other", everything)) == []


async def test_the_trades_of_some_signals(
    unit_of_work: UnitOfWork, active: Artifact, approved: Signal
) -> None:
    await _entry(unit_of_work, approved)
    other = await store_signal(unit_of_work, active, "sg-other")
    await store_in_status(unit_of_work, other, _S.NEW)
    async with unit_of_work.begin() as tx:
        assert await tx.orders.trades_of_signals([]) == {}
        found = await tx.orders.trades_of_signals([approved.signal_id, "sg-none", approved.signal_id])
        assert {name: trade.signal_id for name, trade in found.items()} == {"sg1": "sg1"}
        assert (await tx.orders.trade_of_signal("sg1") or [None])[0] == found["sg1"]
        both = await tx.orders.trades_of_signals({"sg1", "sg-other"})
    assert both.keys() == {"sg1", "sg-other"}


def _target(of: Order, client_order_id: str = "jx-target", **changes: Any) -> Order:
    terms = {"leg": OrderLeg.TARGET, "order_type": OrderType.LIMIT, "limit_price": Decimal(165)}
    return _exit(of, client_order_id, **{**terms, "stop_price": None, **changes})


async def test_exits_that_came_with_their_entry_are_for_the_whole_of_it(
    unit_of_work: UnitOfWork, approved: Signal
) -> None:
    entry = await _entry(unit_of_work, approved, bracket=(Decimal("140.5"), Decimal(165)))
    whole = entry.quantity
    assert entry.filled_quantity < whole
    for out in (_exit(entry, "jx-stop", quantity=whole), _target(entry, quantity=whole)):
        await within(unit_of_work, lambda tx, out=out: tx.orders.add_exit(out))  # type: ignore[misc]
        stored = await within(unit_of_work, lambda tx, out=out: tx.orders.get(out.client_order_id))  # type: ignore[misc]
        assert stored == out
    again = await within(unit_of_work, lambda tx: tx.orders.get(entry.client_order_id))
    assert (again.bracket_stop_price, again.bracket_target_price) == (Decimal("140.5"), Decimal(165))
    # What comes after them is bounded by what they leave, as any exit.
    with pytest.raises(Conflict, match="more than the"):
        await within(unit_of_work, lambda tx: tx.orders.add_exit(_exit(entry, "jx-2", revision=1)))


@pytest.mark.parametrize(
    ("filled", "changes"),
    [
        (40, {"stop_price": Decimal("140.6")}),
        (40, {"revision": 1}),
        (40, {"quantity": Decimal(101)}),
        (0, {}),
        (40, {"leg": OrderLeg.CLOSE, "order_type": OrderType.MARKET, "stop_price": None}),
    ],
    ids=["another price", "another revision", "more than the entry", "nothing filled", "close"],
)
async def test_no_other_exit_is_for_more_than_its_entry_has_filled(
    unit_of_work: UnitOfWork, approved: Signal, filled: int, changes: dict[str, Any]
) -> None:
    entry = await _entry(unit_of_work, approved, filled=filled, bracket=(Decimal("140.5"), None))
    with pytest.raises(Conflict, match="more than the"):
        await within(
            unit_of_work,
            lambda tx: tx.orders.add_exit(_exit(entry, **{"quantity": entry.quantity, **changes})),
        )
