"""An order's terms as bytes: one spelling, and everything that makes an order what it is."""

import json
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.canonical_json import strict_parse
from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.order_body import Envelope, body_sha256, order_body, order_of_body
from tests.contract.broker_venues import OPENING

ORDER = Order(
    client_order_id="jx1",
    account="paper",
    signal_id="sg1",
    artifact_id="art-1",
    artifact_hash="sha256:" + "a" * 64,
    strategy="ma_crossover_v1",
    symbol="AAPL",
    side=Side.BUY,
    order_type=OrderType.MARKET,
    quantity=Decimal(10),
    limit_price=None,
    time_in_force=TimeInForce.DAY,
    epoch=3,
    created_at=OPENING,
    deadline_at=OPENING + timedelta(seconds=5),
    updated_at=OPENING,
)
ENVELOPE = Envelope("jx1", epoch=3, deadline_at=ORDER.deadline_at, received_at=OPENING)
# What an order goes through after it was asked for, and what says until when and for whom it may be sent.
NO_TERMS = {
    "client_order_id",
    "epoch",
    "created_at",
    "deadline_at",
    "updated_at",
    "status",
    "filled_quantity",
    "average_price",
    "venue_order_id",
    "reason_code",
    "not_found_count",
    "cancel_requested_at",
}
OTHER: dict[str, dict[str, Any]] = {
    "account": {"account": "other"},
    "signal_id": {"signal_id": "sg2"},
    "artifact_id": {"artifact_id": "art-2"},
    "artifact_hash": {"artifact_hash": "sha256:" + "b" * 64},
    "strategy": {"strategy": "other"},
    "symbol": {"symbol": "MSFT"},
    "side": {"side": Side.SELL},
    "order_type": {"order_type": OrderType.LIMIT, "limit_price": Decimal(1)},
    "quantity": {"quantity": Decimal(11)},
    "limit_price": {"order_type": OrderType.LIMIT, "limit_price": Decimal(2)},
    "stop_price": {"order_type": OrderType.STOP, "stop_price": Decimal(2)},
    "time_in_force": {"time_in_force": TimeInForce.GTC},
    "leg": {"leg": OrderLeg.CLOSE},
    "revision": {"revision": 1},
    "bracket_stop_price": {"bracket_stop_price": Decimal("145.5")},
    "bracket_target_price": {"bracket_stop_price": Decimal(145), "bracket_target_price": Decimal(165)},
}


def test_every_field_of_an_order_is_a_term_or_is_named_here_as_none() -> None:
    assert {field.name for field in fields(Order)} == NO_TERMS | OTHER.keys()


@pytest.mark.parametrize("term", OTHER)
def test_another_term_is_another_body_and_is_read_back(term: str) -> None:
    other = replace(ORDER, **OTHER[term])
    assert body_sha256(other) != body_sha256(ORDER)
    assert order_of_body(order_body(other), ENVELOPE) == other


def test_what_is_no_term_does_not_change_the_body() -> None:
    later = replace(
        ORDER,
        client_order_id="jx2",
        epoch=4,
        created_at=OPENING + timedelta(days=1),
        deadline_at=OPENING + timedelta(days=1),
        updated_at=OPENING + timedelta(days=1),
        status=OrderStatus.FILLED,
        filled_quantity=Decimal(10),
        average_price=Decimal(1),
        venue_order_id="v1",
        reason_code="X",
        not_found_count=1,
        cancel_requested_at=OPENING,
    )
    assert order_body(later) == order_body(ORDER)


@given(
    texts=st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=2),
    quantity=st.decimals(min_value="0.00000001", max_value="99999999999", places=8),
)
def test_the_spelling_is_that_of_the_standard(texts: list[str], quantity: Decimal) -> None:
    try:
        order = replace(ORDER, signal_id=texts[0], artifact_id=texts[1], quantity=quantity)
    except InvalidValue:
        return
    body = order_body(order)
    parsed = strict_parse(body)  # raises when the spelling is another
    assert isinstance(parsed, dict)
    assert Decimal(str(parsed["quantity"])) == quantity
    assert order_of_body(body, ENVELOPE).signal_id == texts[0]


@pytest.mark.parametrize("written", ["10", "10.0", "1e1", "0010"])
def test_one_value_has_one_hash_however_it_was_written(written: str) -> None:
    terms = {**json.loads(order_body(ORDER)), "quantity": written}
    spaced = json.dumps(terms, indent=2, sort_keys=False).encode()
    assert body_sha256(order_of_body(spaced, ENVELOPE)) == body_sha256(ORDER)


def test_an_order_without_a_bracket_says_nothing_of_one() -> None:
    # Bridges keep the hashes of what they were sent, and older ones know no such fields.
    assert b"bracket" not in order_body(ORDER)
    with_target = replace(ORDER, **OTHER["bracket_target_price"])
    assert body_sha256(with_target) != body_sha256(replace(with_target, bracket_target_price=None))
    said_as_null = {**json.loads(order_body(ORDER)), "bracket_stop_price": None}
    assert order_of_body(json.dumps(said_as_null).encode(), ENVELOPE) == ORDER
