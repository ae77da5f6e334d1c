"""The table of an order's life, row by row, and what follows from it."""

import pytest

from jax.domain.order_status import (
    COMMITTED,
    FAILED,
    FIRST_STATUSES,
    OPEN,
    ORDER_TRANSITIONS,
    UNRESOLVED,
    OrderStatus,
)

# The rows of the execution protocol, written out; the code builds them from shared sets.
_ROWS = {
    "INTENT": "PENDING_NEW DENIED",
    "PENDING_NEW": "NEW PARTIALLY_FILLED FILLED CANCELED EXPIRED REJECTED ABSENT UNKNOWN",
    "UNKNOWN": "NEW PARTIALLY_FILLED FILLED CANCELED EXPIRED REJECTED ABSENT",
    "NEW": "PARTIALLY_FILLED FILLED CANCELED EXPIRED",
    "PARTIALLY_FILLED": "PARTIALLY_FILLED FILLED CANCELED EXPIRED",
    "FILLED": "PARTIALLY_FILLED FILLED",
    "CANCELED": "ADOPTED",
    "EXPIRED": "ADOPTED",
    "REJECTED": "ADOPTED",
    "ABSENT": "ADOPTED",
    "ADOPTED": "NEW PARTIALLY_FILLED FILLED CANCELED EXPIRED",
    "DENIED": "",
}
# What only the broker can have said: an acknowledgement, a fill, an end, a refusal, or that it is not there.
_EVIDENCE = {"NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "REJECTED", "ABSENT"}


def _words(text: str) -> set[str]:
    return set(text.split())


@pytest.mark.parametrize("status", OrderStatus)
def test_the_table_has_the_rows_of_the_protocol(status: OrderStatus) -> None:
    assert {str(after) for after in ORDER_TRANSITIONS[status]} == _words(_ROWS[status])


def test_every_status_has_a_row() -> None:
    assert set(ORDER_TRANSITIONS) == set(OrderStatus) == _ROWS.keys()


def test_every_status_is_reachable() -> None:
    reached = set(FIRST_STATUSES)
    for _ in OrderStatus:
        reached |= {after for status in reached for after in ORDER_TRANSITIONS[status]}
    assert reached == set(OrderStatus)


def test_an_unresolved_order_is_left_by_evidence_only() -> None:
    assert set(ORDER_TRANSITIONS[OrderStatus.UNKNOWN]) == _EVIDENCE
    assert set(ORDER_TRANSITIONS[OrderStatus.PENDING_NEW]) == _EVIDENCE | {"UNKNOWN"}


def test_nothing_leads_back_to_not_knowing() -> None:
    assert {status for status, after in ORDER_TRANSITIONS.items() if "UNKNOWN" in after} == {"PENDING_NEW"}
    assert {status for status, after in ORDER_TRANSITIONS.items() if "PENDING_NEW" in after} == {"INTENT"}


def test_a_closed_order_reopens_by_way_of_adopted_only() -> None:
    closed = {status for status, after in ORDER_TRANSITIONS.items() if "ADOPTED" in after}
    assert closed == {"CANCELED", "EXPIRED", "REJECTED", "ABSENT"}
    assert all(ORDER_TRANSITIONS[status] == {"ADOPTED"} for status in closed)


def test_the_groups_are_those_of_the_protocol() -> None:
    # The protocol names five; an adopted order is at the broker too.
    assert _words("NEW PARTIALLY_FILLED FILLED CANCELED EXPIRED ADOPTED") == COMMITTED
    assert _words("DENIED REJECTED ABSENT") == FAILED
    assert _words("PENDING_NEW UNKNOWN") == UNRESOLVED
    assert _words("INTENT PENDING_NEW DENIED ADOPTED") == FIRST_STATUSES


def test_every_status_but_an_intent_is_in_exactly_one_group() -> None:
    groups = [COMMITTED, FAILED, UNRESOLVED]
    counts = {status: sum(status in group for group in groups) for status in OrderStatus}
    assert counts == dict.fromkeys(OrderStatus, 1) | {OrderStatus.INTENT: 0}


def test_an_order_holds_risk_until_it_is_closed() -> None:
    closed = _words("FILLED CANCELED EXPIRED REJECTED ABSENT DENIED")
    assert set(OrderStatus) - OPEN == closed
