"""What is said of an order, from the gateway's words, its executions and what we remember."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.brokers.ib.order_view import Evidence, report_of
from jax.adapters.brokers.ib.statements import OrderStatement, parts_of_execution_id
from jax.adapters.brokers.ib.venue_file import FiledOrder
from jax.domain.fill import Fill
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side

_AT = datetime(2024, 3, 4, 14, 30, tzinfo=UTC)
_WORDS = ["ApiPending", "PendingSubmit", "PendingCancel", "PreSubmitted", "Submitted", "Inactive", "What"]


def fills(*quantities: int) -> tuple[Fill, ...]:
    return tuple(
        Fill(f"x{n}", "jx1", "AAPL", Side.BUY, Decimal(quantity), Decimal(150), Decimal(0), _AT)
        for n, quantity in enumerate(quantities)
    )


def statement(status: str, filled: int | None = 0, **more: Any) -> OrderStatement:
    quantity = Decimal(more.pop("quantity", 10))
    counted = None if filled is None else Decimal(filled)
    return OrderStatement("jx1", 1, 7, "AAPL", Side.BUY, quantity, status, counted, **more)


def filed(**more: Any) -> FiledOrder:
    return FiledOrder("jx1", 1, "sha256:", "sg1", more.pop("reduces_only", False), Decimal(10), **more)


def standing(**found: Any) -> tuple[OrderStatus, str | None] | None:
    evidence: dict[str, Any] = {"filed": filed(), "statement": None, "fills": (), **found}
    report = report_of(Evidence("jx1", **evidence))
    return None if report is None else (report.status, report.reason_code)


@pytest.mark.parametrize("word", _WORDS)
def test_a_word_that_is_no_end_is_none(word: str) -> None:
    assert standing(statement=statement(word)) == (OrderStatus.NEW, None)
    assert standing(statement=statement(word, 4), fills=fills(4)) == (OrderStatus.PARTIALLY_FILLED, None)


@pytest.mark.parametrize("word", ["Cancelled", "ApiCancelled"])
def test_canceled_is_believed_when_the_executions_account_for_it(word: str) -> None:
    assert standing(statement=statement(word)) == (OrderStatus.CANCELED, None)
    assert standing(statement=statement(word, 4), fills=fills(3)) == (OrderStatus.PARTIALLY_FILLED, None)
    assert standing(statement=statement(word, 4), fills=fills(3, 1)) == (OrderStatus.CANCELED, None)
    assert standing(statement=statement(word, None), fills=fills(3)) == (OrderStatus.CANCELED, None)


def test_filled_is_said_by_the_executions() -> None:
    assert standing(statement=statement("Filled", 10)) == (OrderStatus.NEW, None)
    assert standing(statement=statement("Filled", None)) == (OrderStatus.NEW, None)
    assert standing(statement=statement("Submitted", 0), fills=fills(6, 4)) == (OrderStatus.FILLED, None)
    assert standing(fills=fills(10)) == (OrderStatus.FILLED, None)


def test_less_that_was_sent_than_asked_for_ends_as_canceled() -> None:
    clipped = filed(reduces_only=True)
    assert standing(filed=clipped, statement=statement("Filled", 4, quantity=4), fills=fills(4)) == (
        OrderStatus.CANCELED,
        "REDUCE_ONLY",
    )


def test_a_group_that_has_filled_takes_the_others_place_unless_we_have_asked() -> None:
    found = {"statement": statement("Cancelled"), "group_filled": True}
    assert standing(filed=filed(reduces_only=True), **found) == (OrderStatus.CANCELED, "REDUCE_ONLY")
    asked = filed(reduces_only=True, cancel_asked=True)
    assert standing(filed=asked, **found) == (OrderStatus.CANCELED, None)


def test_expired_is_what_the_gateway_calls_so_and_we_have_not_canceled() -> None:
    expired = statement("Cancelled", remark="Order Expired", is_completed=True)
    assert standing(statement=expired) == (OrderStatus.EXPIRED, None)
    assert standing(filed=filed(cancel_asked=True), statement=expired) == (OrderStatus.CANCELED, None)
    assert standing(filed=None, statement=expired) == (OrderStatus.CANCELED, None)


def test_a_refusal_ends_only_what_the_gateway_does_not_show_working() -> None:
    assert standing(statement=statement("Submitted"), refusal="IB_201") == (OrderStatus.NEW, None)
    assert standing(statement=statement("Inactive"), refusal="IB_201") == (OrderStatus.CANCELED, "IB_201")
    refused = filed(closed=OrderStatus.REJECTED, reason_code="IB_201")
    assert standing(filed=refused, statement=statement("Inactive"), refusal="IB_201") == (
        OrderStatus.REJECTED,
        "IB_201",
    )
    assert standing(filed=refused) == (OrderStatus.REJECTED, "IB_201")
    assert standing(filed=refused, statement=statement("Submitted")) == (OrderStatus.NEW, None)


def test_an_inactive_order_that_is_completed_is_over() -> None:
    over = statement("Inactive", None, is_completed=True)
    assert standing(statement=over) == (OrderStatus.CANCELED, "IB_INACTIVE")


def test_nothing_is_known_of_what_nobody_shows() -> None:
    assert standing() is None
    assert standing(is_heard=True) == (OrderStatus.NEW, None)
    assert standing(fills=fills(4)) == (OrderStatus.PARTIALLY_FILLED, None)
    remembered = filed(closed=OrderStatus.CANCELED, reason_code="IB_201")
    assert standing(filed=remembered) == (OrderStatus.CANCELED, "IB_201")


@given(
    word=st.sampled_from([*_WORDS, "Filled", "Cancelled", "ApiCancelled"]),
    said=st.none() | st.integers(0, 10),
    told=st.lists(st.integers(1, 3), max_size=3),
    is_completed=st.booleans(),
    refusal=st.sampled_from([None, "IB_201"]),
)
def test_no_order_is_closed_before_what_it_filled(
    word: str, said: int | None, told: list[int], is_completed: bool, refusal: str | None
) -> None:
    about = statement(word, said, is_completed=is_completed)
    found = standing(statement=about, fills=fills(*told), refusal=refusal)
    assert found is not None
    if found[0] in {OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED}:
        assert sum(told) >= (said or 0)
        assert word != "Filled" or sum(told) >= 10


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("0000e0d5.5f9d1c3a.01.01", ("0000e0d5.5f9d1c3a.01", 0)),
        ("0000e0d5.5f9d1c3a.01.02", ("0000e0d5.5f9d1c3a.01", 1)),
        ("0000e0d5.5f9d1c3a.01.12", ("0000e0d5.5f9d1c3a.01", 11)),
        ("0000e0d5.00", ("0000e0d5", 0)),
        ("0000e0d5", ("0000e0d5", 0)),
        ("0000e0d5.x", ("0000e0d5.x", 0)),
    ],
)
def test_the_last_part_of_an_execution_id_is_its_revision(written: str, parts: tuple[str, int]) -> None:
    assert parts_of_execution_id(written) == parts
