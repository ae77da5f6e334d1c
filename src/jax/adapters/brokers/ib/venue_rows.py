"""Values of the venue's file as text, and back."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jax.domain.decimal_text import plain
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.side import Side


def document_of_fill(fill: Fill) -> str:
    """All of the fill."""
    return json.dumps(_texts(fill))


def fill_of(document: str) -> Fill:
    """As it was written."""
    told = json.loads(document)
    return Fill(
        execution_id=told["execution_id"],
        client_order_id=told["client_order_id"],
        symbol=told["symbol"],
        side=Side(told["side"]),
        quantity=Decimal(told["quantity"]),
        price=Decimal(told["price"]),
        commission=Decimal(told["commission"]),
        ts_event=datetime.fromisoformat(told["ts_event"]).astimezone(UTC),
        revision=told["revision"],
    )


def document_of_instrument(instrument: Instrument) -> str:
    """All of the instrument."""
    return json.dumps(_texts(instrument))


def instrument_of(document: str) -> Instrument:
    """As it was written."""
    told: dict[str, Any] = json.loads(document)
    for name in ("price_increment", "lot_size", "multiplier"):
        told[name] = Decimal(told[name])
    return Instrument(**told)


def _texts(value: Fill | Instrument) -> dict[str, Any]:
    return {field.name: _text(getattr(value, field.name)) for field in fields(value)}


def _text(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, datetime) else value
