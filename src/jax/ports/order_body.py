"""An order's terms as bytes: what travels to the bridge, and what its hash is taken over.

Epoch and deadline are not among the terms: the same order may be asked for again by a later trader.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from jax.domain.canonical_json import sha256_of
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.side import Side

_TEXTS = ("account", "signal_id", "artifact_id", "artifact_hash", "strategy", "symbol")
_NUMBERS = ("quantity", "limit_price", "stop_price")
_WORDS: Mapping[str, type[StrEnum]] = {
    "side": Side,
    "order_type": OrderType,
    "time_in_force": TimeInForce,
    "leg": OrderLeg,
}
_FIELDS = frozenset({*_TEXTS, *_NUMBERS, *_WORDS, "revision"})
# Said by an entry that brings its exits along, and by no other order.
_BRACKET = ("bracket_stop_price", "bracket_target_price")
_LONGEST_NUMBER = 40
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What travels beside the terms: the order's name, and until when and for whom it may be sent."""

    client_order_id: str
    epoch: int
    deadline_at: datetime
    received_at: datetime


def order_body(order: Order) -> bytes:
    """The terms of `order` in their one spelling (RFC 8785): numbers are strings, absent prices null.

    Of text and one whole number under ASCII names the standard library writes that spelling by itself, ten
    times faster than code that can spell anything.
    """
    terms: dict[str, str | int | None] = {field: getattr(order, field) for field in _TEXTS}
    terms |= {field: str(getattr(order, field)) for field in _WORDS}
    said = _NUMBERS if order.bracket_stop_price is None else (*_NUMBERS, *_BRACKET)
    for field in said:
        value: Decimal | None = getattr(order, field)
        terms[field] = None if value is None else plain(value)
    terms["revision"] = order.revision
    return json.dumps(terms, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def body_sha256(order: Order) -> str:
    """The hash of the terms: equal for orders that ask for the same."""
    return sha256_of(order_body(order))


def order_of_body(body: bytes, envelope: Envelope) -> Order:
    """The order that `body` asks for, in any spelling of JSON.

    InvalidValue names the field that is missing, not known or cannot be used.
    """
    terms = _parsed(body)
    missing, unknown = sorted(_FIELDS - terms.keys()), sorted(terms.keys() - _FIELDS - set(_BRACKET))
    for field in missing:
        raise InvalidValue(field, "is missing")
    for field in unknown:
        raise InvalidValue(field, "is not a field of an order")
    revision = terms["revision"]
    if type(revision) is not int:
        raise InvalidValue("revision", "must be a whole number")
    values: dict[str, Any] = {field: _text(field, terms[field]) for field in _TEXTS}
    values |= {field: _number(field, terms[field]) for field in _NUMBERS}
    values |= {field: _number(field, terms.get(field)) for field in _BRACKET}
    values |= {field: _word(field, terms[field], kind) for field, kind in _WORDS.items()}
    return Order(
        client_order_id=envelope.client_order_id,
        epoch=envelope.epoch,
        created_at=envelope.received_at,
        deadline_at=envelope.deadline_at,
        updated_at=envelope.received_at,
        revision=revision,
        **values,
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        terms = json.loads(body, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise InvalidValue("body", f"is not JSON: {error}") from error
    if not isinstance(terms, dict):
        raise InvalidValue("body", "must be a JSON object")
    return terms


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names one field twice")
    return found


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue(field, "must be text")
    return value


def _number(field: str, value: object) -> Decimal | None:
    if value is None and field != "quantity":
        return None
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and value.isascii():
        try:
            return Decimal(value)
        except InvalidOperation:
            pass
    raise InvalidValue(field, 'must be a decimal number as a string, such as "150.25"')


def _word(field: str, value: object, kind: type[Word]) -> Word:
    try:
        return kind(_text(field, value))
    except ValueError as error:
        allowed = ", ".join(kind)
        raise InvalidValue(field, f"{value!r} is not one of {allowed}") from error
