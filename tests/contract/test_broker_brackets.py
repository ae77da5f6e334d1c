"""Entries that bring stop and target along, at every Broker: it takes them, or says that it does not."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jax.domain.bracket import attached_exits
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import OrderReport
from jax.ports.errors import Conflict, NotFound, Refused
from tests.contract.broker_venues import OPENING, VENUES, Venue, bar, order, way_out

_S = OrderStatus
# Every other venue refuses them, which is a test of its own.
WITH_BRACKETS = [
    name for name in VENUES if "paper" in name or (name.startswith("bridge") and "over I" not in name)
]
WITHOUT_BRACKETS = [name for name in VENUES if name not in WITH_BRACKETS]


@pytest.fixture(params=WITH_BRACKETS)
async def venue(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Venue]:
    async with VENUES[request.param](tmp_path) as opened:
        await opened.trade_bars([bar(0, close="150")])
        yield opened


def bracket(
    venue: Venue, quantity: int = 10, *, stop: str = "145", target: str = "160", **terms: Any
) -> Order:
    """An entry that buys AAPL and brings a stop and a target along."""
    return replace(
        order(venue, "jx1", quantity, **terms),
        bracket_stop_price=Decimal(stop),
        bracket_target_price=Decimal(target),
    )


async def exits(venue: Venue, entry: Order) -> list[OrderReport | None]:
    """What is said of stop and target; None of one that the broker does not know."""
    found: list[OrderReport | None] = []
    for out in attached_exits(entry, at=OPENING):
        try:
            found.append(await venue.broker.query(out.client_order_id))
        except NotFound:
            found.append(None)
    return found


async def statuses(venue: Venue, entry: Order) -> list[OrderStatus | None]:
    return [None if report is None else report.status for report in await exits(venue, entry)]


async def working(venue: Venue) -> dict[str | None, Decimal]:
    found = await venue.broker.working_orders(venue.account)
    return {known.client_order_id: known.leaves_quantity for known in found}


async def position(venue: Venue) -> Decimal:
    return (await venue.broker.positions(venue.account)).get("AAPL", Decimal(0))


async def test_the_exits_work_under_their_own_names_as_soon_as_the_entry_has_filled(venue: Venue) -> None:
    assert venue.broker.has_brackets
    entry = bracket(venue)
    assert (await venue.broker.place(entry)).status is _S.FILLED
    assert await statuses(venue, entry) == [_S.NEW, _S.NEW]
    names = [out.client_order_id for out in attached_exits(entry, at=OPENING)]
    assert await working(venue) == dict.fromkeys(names, Decimal(10))
    # Over HTTP a bridge copies the journal a moment later.
    await venue.trade_bars([bar(1, close="150")])
    told = [event.client_order_id for event in (await venue.broker.events(after=0)).events]
    assert set(names) <= set(told)


async def test_an_entry_that_waits_has_no_exits_yet(venue: Venue) -> None:
    entry = bracket(venue, limit="140", stop="135")
    await venue.broker.place(entry)
    assert await statuses(venue, entry) == [None, None]
    assert list(await working(venue)) == ["jx1"]


@pytest.mark.parametrize("end", ["canceled", "expired", "killed"])
async def test_an_entry_that_ends_without_a_fill_leaves_no_exits(venue: Venue, end: str) -> None:
    entry = bracket(venue, limit="140", stop="135")
    await venue.broker.place(entry)
    if end == "canceled":
        await venue.broker.cancel("jx1")
    elif end == "expired":
        await venue.trade_bars([bar(1, close="141")])
    else:
        await venue.broker.kill(venue.account, reason="a test")
    # What would have filled the entry, the stop and the target.
    for day, close in ((2, "139"), (3, "130"), (4, "170")):
        await venue.trade_bars([bar(day, close=close)])
    assert (await venue.broker.query("jx1")).fills == ()
    assert await statuses(venue, entry) == [None, None]
    assert await working(venue) == {}
    assert await position(venue) == 0


@pytest.mark.parametrize(
    ("next_bar", "taken", "price"),
    [
        ({"open": "150", "low": "144", "close": "149"}, 0, "145"),
        ({"open": "150", "high": "161", "close": "151"}, 1, "160"),
        ({"open": "150", "high": "161", "low": "144", "close": "150"}, 0, "145"),
        ({"open": "161", "low": "144", "close": "150"}, 1, "161"),
    ],
    ids=["stop", "target", "both", "opens beyond the target"],
)
async def test_what_one_exit_takes_the_other_loses(
    venue: Venue, next_bar: dict[str, str], taken: int, price: str
) -> None:
    entry = bracket(venue)
    await venue.broker.place(entry)
    await venue.trade_bars([bar(1, **next_bar)])
    reports = await exits(venue, entry)
    filled, other = reports[taken], reports[1 - taken]
    assert filled is not None
    assert other is not None
    assert (filled.status, [(fill.quantity, fill.price) for fill in filled.fills]) == (
        _S.FILLED,
        [(Decimal(10), Decimal(price))],
    )
    assert (other.status, other.reason_code, other.fills) == (_S.CANCELED, "REDUCE_ONLY", ())
    assert await position(venue) == 0
    assert await working(venue) == {}


async def test_a_short_entry_is_left_by_buying(venue: Venue) -> None:
    entry = bracket(venue, side=Side.SELL, stop="155", target="140")
    await venue.broker.place(entry)
    await venue.trade_bars([bar(1, open="150", high="156", close="154")])
    assert await statuses(venue, entry) == [_S.FILLED, _S.CANCELED]
    assert await position(venue) == 0


@pytest.mark.parametrize("close", ["150", "144", "161"])
async def test_who_enters_on_the_way_to_the_stop_is_stopped_in_the_same_bar(venue: Venue, close: str) -> None:
    entry = bracket(venue, limit="148", stop="145")
    await venue.broker.place(entry)
    await venue.trade_bars([bar(1, open="150", low="144", high="161", close=close)])
    assert await statuses(venue, entry) == [_S.FILLED, _S.CANCELED]
    assert await position(venue) == 0


@pytest.mark.parametrize(
    ("close", "expected"), [("150", [_S.NEW, _S.NEW]), ("161", [_S.CANCELED, _S.FILLED])]
)
async def test_a_target_in_the_bar_of_the_entry_counts_when_the_bar_closes_beyond_it(
    venue: Venue, close: str, expected: list[OrderStatus]
) -> None:
    entry = bracket(venue, limit="148", stop="145")
    await venue.broker.place(entry)
    await venue.trade_bars([bar(1, open="150", low="147", high="162", close=close)])
    assert await statuses(venue, entry) == expected


async def test_a_bracket_may_have_a_stop_alone(venue: Venue) -> None:
    entry = replace(bracket(venue), bracket_target_price=None)
    await venue.broker.place(entry)
    assert await statuses(venue, entry) == [_S.NEW]
    await venue.trade_bars([bar(1, close="170", open="150"), bar(2, close="140")])
    assert await statuses(venue, entry) == [_S.FILLED]
    assert await position(venue) == 0


async def test_taking_back_one_exit_leaves_the_other(venue: Venue) -> None:
    entry = bracket(venue)
    await venue.broker.place(entry)
    stop, target = attached_exits(entry, at=OPENING)
    assert (await venue.broker.cancel(target.client_order_id)).status is _S.CANCELED
    assert list(await working(venue)) == [stop.client_order_id]
    await venue.trade_bars([bar(1, close="140")])
    assert await statuses(venue, entry) == [_S.FILLED, _S.CANCELED]


async def test_a_kill_takes_back_the_exits_that_work(venue: Venue) -> None:
    entry = bracket(venue)
    await venue.broker.place(entry)
    await venue.broker.kill(venue.account, reason="a test")
    assert await statuses(venue, entry) == [_S.CANCELED, _S.CANCELED]
    assert await position(venue) == 10


async def test_exits_leave_what_another_trade_has_bought(venue: Venue) -> None:
    await venue.broker.place(order(venue, "jx0", 7))
    entry = bracket(venue)
    await venue.broker.place(entry)
    await venue.trade_bars([bar(1, close="140")])
    assert await statuses(venue, entry) == [_S.FILLED, _S.CANCELED]
    assert await position(venue) == 7


async def test_what_has_been_closed_by_hand_is_not_left_again(venue: Venue) -> None:
    entry = bracket(venue)
    await venue.broker.place(entry)
    await venue.broker.place(way_out(venue, "close"))
    await venue.trade_bars([bar(1, close="140")])
    reports = await exits(venue, entry)
    assert reports[0] is not None
    assert (reports[0].status, reports[0].reason_code, reports[0].fills) == (_S.CANCELED, "REDUCE_ONLY", ())
    assert await position(venue) == 0


async def test_a_bracket_is_part_of_an_orders_terms(venue: Venue) -> None:
    entry = bracket(venue, limit="140", stop="135")
    await venue.broker.place(entry)
    assert (await venue.broker.place(entry)).status is _S.NEW
    for other in (
        replace(entry, bracket_stop_price=Decimal(136)),
        replace(entry, bracket_target_price=Decimal(161)),
        replace(entry, bracket_target_price=None),
        replace(entry, bracket_stop_price=None, bracket_target_price=None),
    ):
        with pytest.raises(Conflict):
            await venue.broker.place(other)
    await venue.trade_bars([bar(1, close="140")])
    assert (await venue.broker.place(entry)).status is _S.FILLED
    assert await statuses(venue, entry) == [_S.NEW, _S.NEW]
    assert len(await working(venue)) == 2


async def test_the_name_of_an_exit_that_waits_is_taken(venue: Venue) -> None:
    entry = bracket(venue, limit="140", stop="135")
    await venue.broker.place(entry)
    stop, _ = attached_exits(entry, at=OPENING)
    with pytest.raises(Conflict):
        await venue.broker.place(replace(stop, deadline_at=entry.deadline_at))
    with pytest.raises(NotFound):
        await venue.broker.cancel(attached_exits(entry, at=OPENING)[1].client_order_id)


@pytest.mark.parametrize(("stop", "target"), [("145.001", "160"), ("145", "160.001")])
async def test_a_bracket_with_a_price_that_cannot_be_is_refused_whole(
    venue: Venue, stop: str, target: str
) -> None:
    entry = bracket(venue, stop=stop, target=target)
    with pytest.raises(Refused) as refused:
        await venue.broker.place(entry)
    assert refused.value.code == "PRICE_NOT_ON_INCREMENT"
    assert await position(venue) == 0
    assert await statuses(venue, entry) == [None, None]


@pytest.mark.parametrize("name", WITHOUT_BRACKETS)
async def test_a_venue_without_brackets_says_so_and_takes_none(name: str, tmp_path: Path) -> None:
    async with VENUES[name](tmp_path) as venue:
        await venue.trade_bars([bar(0, close="150")])
        assert not venue.broker.has_brackets
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await venue.broker.place(bracket(venue))
            assert refused.value.code == "NO_BRACKETS"
        assert await working(venue) == {}
        assert await position(venue) == 0
