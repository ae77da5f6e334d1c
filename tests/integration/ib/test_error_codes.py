"""The gateway's error codes: those of a closed table refuse an order, any other is a reason to ask."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from jax.adapters.brokers.ib.error_codes import CANCEL_REFUSED, DEFINITIVE_REJECTS, NOTICES
from jax.adapters.brokers.ib.gateway import Patience
from jax.domain.order_status import OrderStatus
from jax.ports.broker import BrokerEventKind
from jax.ports.errors import NotFound, OutcomeUnknown, Refused
from tests.architecture.checkout import ROOT
from tests.ib_gateway import messages
from tests.ib_gateway.script import Reaction
from tests.integration.ib.conftest import IMPATIENT, Desk


@pytest.mark.parametrize(
    ("reaction", "code"),
    [(Reaction.REJECT, "IB_201"), (Reaction.WRONG_PRICE, "IB_110"), (Reaction.NO_CONTRACT, "IB_200")],
)
async def test_a_definitive_reject_refuses_the_order_for_good(
    desk: Desk, reaction: Reaction, code: str
) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match="jx1") as refused:
            await desk.place("jx1", reaction, limit="140")
        assert refused.value.code == code
    report = await desk.venue.query("jx1")
    assert (report.status, report.reason_code) == (OrderStatus.REJECTED, code)
    assert await desk.venue.working_orders("DU1234567") == []
    (told,) = desk.details(BrokerEventKind.ERROR, "jx1")
    assert told.startswith(code.removeprefix("IB_"))


@pytest.mark.parametrize("reaction", [Reaction.PRESET, Reaction.UNKNOWN_CODE])
async def test_a_code_of_no_table_leaves_a_live_order_live(desk: Desk, reaction: Reaction) -> None:
    report = await desk.place("jx1", reaction, limit="140")
    assert report.status is OrderStatus.NEW
    assert [order.client_order_id for order in await desk.venue.working_orders("DU1234567")] == ["jx1"]
    assert len(desk.details(BrokerEventKind.ERROR, "jx1")) == 1


async def test_10349_after_the_acknowledgement_changes_nothing(desk: Desk) -> None:
    placed = await desk.place("jx1", limit="140")
    order = desk.at_the_broker("jx1")
    desk.gateway.say(messages.error(order.order_id, 10349, "Order TIF was set to DAY based on order preset."))
    assert await desk.venue.query("jx1") == placed
    assert placed.status is OrderStatus.NEW
    assert "10349" in desk.details(BrokerEventKind.ERROR, "jx1")[0]


async def test_a_reject_code_of_an_order_that_the_gateway_shows_as_working_is_not_believed(
    desk: Desk,
) -> None:
    await desk.place("jx1", limit="140")
    desk.gateway.say(messages.error(desk.at_the_broker("jx1").order_id, 201, "about something else"))
    assert (await desk.venue.query("jx1")).status is OrderStatus.NEW


async def test_202_is_a_cancel_and_no_complaint(desk: Desk) -> None:
    report = await desk.place("jx1", Reaction.CANCEL, limit="140")
    assert report.status is OrderStatus.CANCELED
    assert desk.details(BrokerEventKind.ERROR, "jx1") == []
    assert desk.details(BrokerEventKind.ORDER, "jx1")[-1].startswith("CANCELED")


async def test_a_reject_after_the_acknowledgement_ends_an_order_that_has_worked(desk: Desk) -> None:
    await desk.place("jx1", Reaction.REJECT_LATER, limit="140")
    report = await desk.venue.query("jx1")
    assert (report.status, report.reason_code) == (OrderStatus.CANCELED, "IB_201")


class TestWithoutAWord:
    @pytest.fixture
    def patience(self) -> Patience:
        return IMPATIENT

    async def test_an_inactive_order_without_a_reason_keeps_its_reservation(self, desk: Desk) -> None:
        report = await desk.place("jx1", Reaction.INACTIVE, limit="140")
        assert report.status is OrderStatus.NEW

    async def test_a_gateway_that_accepts_and_says_nothing_is_asked(self, desk: Desk) -> None:
        report = await desk.place("jx1", Reaction.SAY_NOTHING)
        assert report.status is OrderStatus.FILLED
        assert [fill.price for fill in report.fills] == [Decimal(150)]

    async def test_an_order_that_nobody_has_heard_of_is_unknown_and_never_sent_again(
        self, desk: Desk
    ) -> None:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown, match="jx1"):
                await desk.place("jx1", Reaction.LOSE)
        with pytest.raises(NotFound):
            await desk.venue.query("jx1")
        with pytest.raises(NotFound):
            await desk.venue.cancel("jx1")
        assert desk.gateway.asked.count(3) == 1, "one message, whatever was said of it"

    async def test_a_cancel_that_the_gateway_does_not_know_of_is_answered_by_asking(self, desk: Desk) -> None:
        await desk.place("jx1", limit="140")
        order = desk.at_the_broker("jx1")
        desk.gateway.book.cancel(order)
        desk.gateway.book.settle()
        assert (await desk.venue.cancel("jx1")).status is OrderStatus.CANCELED


async def test_a_cancel_of_what_has_just_filled_answers_that_it_is_filled(desk: Desk) -> None:
    await desk.place("jx1", limit="140")
    order = desk.at_the_broker("jx1")
    placed = desk.gateway.partial_fill(order, Decimal(10), Decimal("139.5"))
    order.status = "Filled"
    report = await desk.venue.cancel("jx1")
    assert report.status is OrderStatus.FILLED
    assert [fill.price for fill in report.fills] == [placed.price]


async def test_equal_places_at_the_same_time_are_one_order_at_the_broker(desk: Desk) -> None:
    placing = [asyncio.create_task(desk.place("jx1", limit="140")) for _ in range(5)]
    outcomes = await asyncio.gather(*placing, return_exceptions=True)
    assert any(not isinstance(outcome, BaseException) for outcome in outcomes)
    assert all(isinstance(found, OutcomeUnknown) for found in outcomes if isinstance(found, BaseException))
    assert desk.gateway.book.arrivals() == {"jx1": 1}


def test_the_documentation_lists_the_codes_as_they_are() -> None:
    page = (Path(ROOT) / "docs" / "bridge.md").read_text()
    for code, meaning in DEFINITIVE_REJECTS.items():
        assert f"| {code} | {meaning} |" in page
    for code in CANCEL_REFUSED | NOTICES:
        assert f"{code}" in page
    assert not (DEFINITIVE_REJECTS.keys() & (CANCEL_REFUSED | NOTICES | {202, 103}))
