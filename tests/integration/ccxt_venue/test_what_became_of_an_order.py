"""Whatever happens on the way, an order comes to the exchange once at most, and nobody is told otherwise.

That no name came twice is asked of the exchange's own books at the end of every test.
"""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from jax.adapters.brokers.ccxt.sent_orders import SentOrder, SentState
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.broker import OrderReport
from jax.ports.errors import NotFound, OutcomeUnknown, Refused, Unavailable
from tests.contract.broker_venues import bar
from tests.contract.ccxt_venues import WORDS, OpenedVenue
from tests.exchange_server.faults import Fault
from tests.integration.ccxt_venue.exchange_orders import order

GONE_WRONG = [
    Fault("RESET"),
    Fault("TIMEOUT"),
    Fault("GARBAGE"),
    Fault("STATUS", status=500, body='{"code": -1000, "msg": "An unknown error occurred."}'),
    Fault("STATUS", status=502),
    Fault("STATUS", status=503, body='{"code": -1013, "msg": "Filter failure: LOT_SIZE"}'),
    Fault("STATUS", status=400, body='{"code": -9999, "msg": "A code nobody knows"}'),
    Fault("STATUS", status=400, body='{"code": -1007, "msg": "Timeout; execution status unknown."}'),
    Fault("STATUS", status=403, body="<html>denied</html>"),
    Fault("STATUS", status=200, body='{"success": false, "message": "A message nobody knows", "code": 7}'),
]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jax.adapters.brokers.ccxt.exchange_line._TIMEOUT_MS", 300)


def copied(fault: Fault, *, after: bool) -> Fault:
    return Fault(fault.kind, after=after, status=fault.status, body=fault.body)


@pytest.mark.parametrize(
    "fault", GONE_WRONG, ids=lambda fault: f"{fault.kind} {fault.status} {fault.body}"[:40]
)
async def test_what_was_taken_and_not_answered_is_unknown_and_found_later(
    opened: OpenedVenue, fault: Fault
) -> None:
    opened.exchange.faults.waiting.append(copied(fault, after=True))
    with pytest.raises(OutcomeUnknown):
        await opened.desk.place(order(opened, "jx1"))
    assert (await opened.desk.query("jx1")).status is OrderStatus.FILLED
    assert (await opened.desk.place(order(opened, "jx1"))).status is OrderStatus.FILLED
    assert opened.exchange.placed() == 1


@pytest.mark.parametrize(
    "fault", GONE_WRONG, ids=lambda fault: f"{fault.kind} {fault.status} {fault.body}"[:40]
)
async def test_what_was_lost_on_the_way_is_unknown_until_the_exchange_says_that_it_has_none(
    opened: OpenedVenue, fault: Fault
) -> None:
    opened.exchange.faults.waiting.append(copied(fault, after=False))
    with pytest.raises(OutcomeUnknown):
        await opened.desk.place(order(opened, "jx1"))
    with pytest.raises(NotFound):
        await opened.desk.query("jx1")
    with pytest.raises(OutcomeUnknown):
        await opened.desk.place(order(opened, "jx1"))
    assert opened.exchange.placed() == 1, "it is not sent again by itself"
    assert opened.exchange.book.arrived == []


async def test_an_answer_that_is_no_order_is_looked_up(opened: OpenedVenue) -> None:
    opened.exchange.faults.waiting.append(Fault("STATUS", status=200, body="[]"))
    assert (await opened.desk.place(order(opened, "jx1"))).status is OrderStatus.FILLED
    opened.exchange.faults.waiting.append(Fault("STATUS", status=200, body="[]", after=False))
    with pytest.raises(OutcomeUnknown):
        await opened.desk.place(order(opened, "jx2"))


async def test_an_exchange_that_cannot_be_reached_has_got_nothing(opened: OpenedVenue) -> None:
    parts = opened.venue._calls.line.exchange.urls["api"]
    before = dict(parts)
    for name in ("public", "private"):
        parts[name] = parts[name].replace(opened.exchange.url, "http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        await opened.venue.query("jx1")
    parts["public"] = before["public"]
    with pytest.raises(Unavailable, match="could not be reached"):
        await opened.venue.place(order(opened, "jx1"))
    parts.update(before)
    opened.clock.advance(timedelta(seconds=2))
    assert (await opened.venue.place(order(opened, "jx1"))).status is OrderStatus.FILLED


async def test_nothing_is_sent_before_the_exchange_wants_to_hear_again(opened: OpenedVenue) -> None:
    limited(opened, "30", after=False)
    with pytest.raises(Unavailable, match="429"):
        await opened.desk.place(order(opened, "jx1"))
    before = len(opened.exchange.requests)
    opened.clock.advance(timedelta(seconds=29.9))
    for call in (
        opened.desk.place(order(opened, "jx1")),
        opened.desk.place(order(opened, "jx2")),
        opened.desk.query("jx1"),
        opened.desk.cancel("jx1"),
        opened.desk.positions(opened.venue.name),
        opened.desk.quote("AAPL"),
    ):
        with pytest.raises(Unavailable):
            await call
    assert len(opened.exchange.requests) == before
    opened.clock.advance(timedelta(seconds=0.2))
    assert (await opened.desk.place(order(opened, "jx1"))).status is OrderStatus.FILLED


async def test_an_exchange_that_names_no_time_is_left_alone_for_ten_seconds(opened: OpenedVenue) -> None:
    opened.exchange.faults.waiting.append(
        Fault("STATUS", method="GET", path=ticker_path(opened), status=429, body="{}")
    )
    with pytest.raises(Unavailable):
        await opened.venue.quote("AAPL")
    before = len(opened.exchange.requests)
    opened.clock.advance(timedelta(seconds=9.9))
    with pytest.raises(Unavailable, match=r"0\.1 seconds"):
        await opened.venue.quote("AAPL")
    assert len(opened.exchange.requests) == before
    opened.clock.advance(timedelta(seconds=0.1))
    assert (await opened.venue.quote("AAPL")).bid == 150


async def test_an_order_that_was_limited_and_is_there_all_the_same_is_not_sent_again(
    opened: OpenedVenue,
) -> None:
    limited(opened, "1", after=True)
    with pytest.raises(Unavailable):
        await opened.desk.place(order(opened, "jx1"))
    opened.clock.advance(timedelta(seconds=1))
    assert (await opened.desk.place(order(opened, "jx1"))).status is OrderStatus.FILLED
    assert opened.exchange.placed() == 1


async def test_a_repeat_waits_as_long_as_a_limited_order_may_stay_hidden(opened: OpenedVenue) -> None:
    limited(opened, "1", after=True)
    opened.exchange.faults.invisible.add("jx1")
    with pytest.raises(Unavailable):
        await opened.desk.place(order(opened, "jx1"))
    opened.clock.advance(timedelta(seconds=1.9))
    with pytest.raises(Unavailable, match="two seconds"):
        await opened.desk.place(order(opened, "jx1"))
    opened.exchange.faults.invisible.clear()
    assert (await opened.desk.place(order(opened, "jx1"))).status is OrderStatus.FILLED
    assert opened.exchange.placed() == 1


async def test_an_order_that_is_not_shown_for_a_while_is_not_called_missing(opened: OpenedVenue) -> None:
    opened.exchange.faults.invisible.add("jx1")
    assert (await opened.desk.place(order(opened, "jx1", limit="140"))).status is OrderStatus.NEW
    with pytest.raises(Unavailable, match="does not show it now"):
        await opened.venue.query("jx1")
    opened.exchange.faults.invisible.clear()
    assert (await opened.venue.query("jx1")).status is OrderStatus.NEW


async def test_a_refusal_of_the_exchange_is_remembered(opened: OpenedVenue) -> None:
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await opened.venue.place(order(opened, "jx1", 1000))
        assert refused.value.code == "INSUFFICIENT_FUNDS"
    report = await opened.venue.query("jx1")
    assert (report.status, report.reason_code) == (OrderStatus.REJECTED, "INSUFFICIENT_FUNDS")
    assert opened.exchange.placed() == 1


async def test_a_stop_that_is_reached_already_is_refused_by_the_exchange(opened: OpenedVenue) -> None:
    await opened.desk.place(order(opened, "jx1"))
    with pytest.raises(Refused) as refused:
        await opened.desk.place(order(opened, "jx2", stop="151", side=Side.SELL))
    assert refused.value.code == "STOP_REACHED"


async def test_an_order_is_filled_in_parts_and_each_is_told_once(opened: OpenedVenue) -> None:
    opened.exchange.book.most_at_once = Decimal(4)
    first = await opened.desk.place(order(opened, "jx1"))
    assert first.status is OrderStatus.PARTIALLY_FILLED
    assert [fill.quantity for fill in first.fills] == [4]
    for day in (1, 2):
        await opened.trade_bars([bar(day, close="151")])
    last = await opened.desk.query("jx1")
    assert last.status is OrderStatus.FILLED
    assert [fill.quantity for fill in last.fills] == [4, 4, 2]
    assert last.fills[:1] == first.fills
    # An exchange may number the trades of each market from one.
    assert [fill.execution_id for fill in last.fills] == ["AAPLUSD-1", "AAPLUSD-2", "AAPLUSD-3"]
    told = [event.detail for event in (await opened.desk.events(after=0)).events]
    assert told == [
        "PARTIALLY_FILLED, 1 fills",
        "PARTIALLY_FILLED, 8 filled",
        "FILLED, 10 filled",
    ]


@pytest.mark.parametrize(
    ("second", "last"), [(6, OrderStatus.FILLED), (2, OrderStatus.CANCELED)], ids=["filled", "canceled"]
)
async def test_an_order_stays_open_until_every_execution_is_shown(
    opened: OpenedVenue, second: int, last: OrderStatus
) -> None:
    await opened.desk.place(order(opened, "jx1", limit="140"))
    (placed,) = opened.exchange.book.orders
    opened.exchange.book.trade(placed, Decimal(140), Decimal(4))
    opened.exchange.book.trade(placed, Decimal(140), Decimal(second))
    placed.status = last
    # What the order says of itself is ahead of the list of trades.
    hidden, filled = placed.trades.pop(), Decimal(4 + second)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(placed), "filled", property(lambda self: filled))
        report = await opened.desk.query("jx1")
    assert report.status is OrderStatus.PARTIALLY_FILLED
    assert [fill.quantity for fill in report.fills] == [4]
    placed.trades.append(hidden)
    report = await opened.desk.query("jx1")
    assert report.status is last
    assert [fill.quantity for fill in report.fills] == [4, second]


async def test_a_cancel_that_crosses_a_fill_tells_of_the_fill(opened: OpenedVenue) -> None:
    await opened.desk.place(order(opened, "jx1", limit="140"))
    opened.exchange.faults.waiting.append(
        Fault(
            "STATUS",
            method="DELETE",
            status=400,
            body='{"code": -2011, "msg": "Unknown order sent."}',
            after=False,
        )
    )
    (placed,) = opened.exchange.book.orders
    found = await opened.venue._calls.find(
        "jx1", opened.venue._markets.of("AAPL"), sent_at=None, number=str(placed.number)
    )
    assert found is not None
    opened.exchange.book.trade(placed, Decimal(140))
    if opened.venue.name == "binanceus":
        await opened.venue._calls.cancel(found, what="the cancel of jx1")
    else:
        with pytest.raises(OutcomeUnknown):
            await opened.venue._calls.cancel(found, what="the cancel of jx1")
    assert (await opened.desk.cancel("jx1")).status is OrderStatus.FILLED


async def test_a_cancel_whose_answer_is_lost_is_unknown(opened: OpenedVenue) -> None:
    await opened.desk.place(order(opened, "jx1", limit="140"))
    # The client asks a second time when a connection that was used before is lost.
    opened.exchange.faults.waiting.append(Fault("RESET", method="DELETE", times=2))
    with pytest.raises(OutcomeUnknown):
        await opened.desk.cancel("jx1")
    assert (await opened.desk.query("jx1")).status is OrderStatus.CANCELED


async def test_a_question_that_fails_is_no_answer(opened: OpenedVenue) -> None:
    await opened.desk.place(order(opened, "jx1"))
    paths = ["/order"] if opened.venue.name == "binanceus" else ["/openOrders", "/allOrders"]
    for path in paths:
        for fault in GONE_WRONG:
            opened.exchange.faults.waiting = [
                Fault(fault.kind, method="GET", path=path, status=fault.status, body=fault.body, times=2)
            ]
            with pytest.raises(Unavailable):
                await opened.venue.query("jx1")


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"success": true, "code": 0, "data": null}', "<html>busy</html>"]
)
async def test_a_list_that_is_none_does_not_prove_that_an_order_is_missing(
    btcturk: OpenedVenue, body: str
) -> None:
    await btcturk.venue.place(order(btcturk, "jx1"))
    for path in ("/openOrders", "/allOrders"):
        btcturk.exchange.faults.waiting.append(
            Fault("STATUS", method="GET", path=path, status=200, body=body)
        )
    with pytest.raises(Unavailable):
        await btcturk.desk.query("jx2")


async def test_an_order_late_by_the_clock_is_not_sent(opened: OpenedVenue) -> None:
    late = order(opened, "jx1", deadline_at=opened.clock.now() - timedelta(microseconds=1))
    with pytest.raises(Refused) as refused:
        await opened.venue.place(late)
    assert refused.value.code == "DEADLINE_PASSED"
    assert opened.exchange.placed() == 0


@pytest.mark.parametrize(
    ("left_ms", "late_ms", "is_taken"), [(800, 800, True), (800, 801, False), (9000, 5001, False)]
)
async def test_an_order_that_arrives_after_its_deadline_is_refused_by_the_exchange(
    binance: OpenedVenue, left_ms: int, late_ms: int, is_taken: bool
) -> None:
    wanted = order(binance, "jx1", deadline_at=binance.clock.now() + timedelta(milliseconds=left_ms))
    arrival = int(binance.clock.now().timestamp() * 1000) + late_ms
    known = binance.exchange.book.now_ms
    # Questions before it are in time.
    binance.exchange.book.now_ms = lambda: arrival if binance.exchange.placed() else known()
    if is_taken:
        assert (await binance.venue.place(wanted)).status is OrderStatus.FILLED
    else:
        with pytest.raises(Refused) as refused:
            await binance.venue.place(wanted)
        assert refused.value.code == "DEADLINE_PASSED"
        assert binance.exchange.book.arrived == []


async def test_it_is_on_disk_before_the_exchange_hears_of_it(opened: OpenedVenue) -> None:
    on_disk: list[SentOrder | None] = []
    opened.exchange.book.changed = lambda placed: on_disk.append(opened.venue.sent._find(placed.name))
    await opened.venue.place(order(opened, "jx1", limit="140"))
    (record,) = on_disk
    assert record is not None
    assert record.state is SentState.SENDING


async def test_equal_requests_at_the_same_time_are_sent_once(opened: OpenedVenue) -> None:
    opened.exchange.book.refuses_a_name_that_works = False
    wanted = order(opened, "jx1", limit="140")
    answers = await asyncio.gather(*(opened.venue.place(wanted) for _ in range(5)), return_exceptions=True)
    assert opened.exchange.placed() == 1
    taken = [answer for answer in answers if isinstance(answer, OrderReport)]
    assert {answer.status for answer in taken} == {OrderStatus.NEW}
    assert {type(answer) for answer in answers} <= {OrderReport, OutcomeUnknown}


async def test_a_repeat_of_what_was_lost_is_unknown_and_not_sent(opened: OpenedVenue) -> None:
    opened.exchange.faults.waiting.append(Fault("RESET", after=False))
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await opened.venue.place(order(opened, "jx1"))
    assert opened.exchange.placed() == 1


async def test_ccxt_repeats_nothing(opened: OpenedVenue) -> None:
    opened.exchange.faults.waiting.append(Fault("STATUS", status=500, after=False, times=9))
    with pytest.raises(OutcomeUnknown):
        await opened.venue.place(order(opened, "jx1"))
    assert opened.exchange.placed() == 1


async def test_the_name_of_an_order_that_works_is_taken_and_the_refusal_proves_nothing(
    binance: OpenedVenue,
) -> None:
    binance.exchange.faults.waiting.append(
        Fault("STATUS", status=400, body='{"code": -2010, "msg": "Duplicate order sent."}')
    )
    with pytest.raises(OutcomeUnknown, match="Duplicate order sent"):
        await binance.venue.place(order(binance, "jx1", limit="140"))
    assert (await binance.venue.query("jx1")).status is OrderStatus.NEW


async def test_an_exchange_that_renames_an_order_is_found_out_and_the_order_is_still_found(
    btcturk: OpenedVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = btcturk.exchange.book.place

    def renamed(placed):  # type: ignore[no-untyped-def]
        placed.name = "guid"
        return known(placed)

    monkeypatch.setattr(btcturk.exchange.book, "place", renamed)
    with pytest.raises(OutcomeUnknown, match="does not carry our names"):
        await btcturk.venue.place(order(btcturk, "jx1", limit="140"))
    assert (await btcturk.venue.query("jx1")).status is OrderStatus.NEW


async def test_a_list_that_may_be_cut_off_does_not_prove_that_an_order_is_missing(
    btcturk: OpenedVenue,
) -> None:
    # Its pages hold 100 orders unless it heeds the parameter.
    btcturk.exchange.book.balances["USD"] = Decimal(10**7)
    for number in range(100):
        await btcturk.venue.place(order(btcturk, f"jx{number}", 1, limit="140"))
    with pytest.raises(Unavailable, match="as far back"):
        await btcturk.venue.query("jx-nobody")


def limited(opened: OpenedVenue, retry_after: str, *, after: bool) -> None:
    words = WORDS[opened.venue.name](opened.exchange)
    opened.exchange.is_limited(retry_after, words, after=after)


def ticker_path(opened: OpenedVenue) -> str:
    return "/ticker/24hr" if opened.venue.name == "binanceus" else "/ticker"
