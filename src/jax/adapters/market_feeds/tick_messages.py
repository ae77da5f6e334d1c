"""The messages of the WebSocket feed: one JSON object each.

We send `{"type": "subscribe", "symbols": [...]}` and hear `{"type": "subscribed"}`, then
`{"type": "trade", "symbol", "id", "price", "size", "ts_event"}`,
`{"type": "quote", "symbol", "bid", "ask", "ts_event"}` and `{"type": "heartbeat"}`. Numbers are strings,
times RFC 3339 with an offset.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Any

from jax.domain.errors import InvalidValue
from jax.domain.quote import Quote
from jax.domain.tick import Tick, tick_of_quote

SUBSCRIBED = "subscribed"


class UnreadableMessage(ValueError):
    """What the other side said is in none of these forms."""


def subscription(symbols: Sequence[str]) -> str:
    """What we send first."""
    return json.dumps({"type": "subscribe", "symbols": list(symbols)})


def read_message(text: str) -> Tick | str:
    """The tick, or the type of a message that is none; UnreadableMessage."""
    try:
        document = json.loads(text)
        kind = document["type"]
        if kind == "trade":
            return _trade(document)
        if kind == "quote":
            return _quote(document)
    except (ValueError, TypeError, KeyError, RecursionError, DecimalException, InvalidValue) as error:
        raise UnreadableMessage(f"{text[:200]!r} cannot be read: {error!r}") from error
    if kind in {SUBSCRIBED, "heartbeat"}:
        return str(kind)
    raise UnreadableMessage(f"{text[:200]!r} is of no known type")


def _trade(document: Any) -> Tick:
    return Tick(
        _text(document["symbol"]),
        _number(document["price"]),
        _number(document["size"]),
        _time(document["ts_event"]),
        _text(document["id"]),
    )


def _quote(document: Any) -> Tick:
    bid, ask = _number(document["bid"]), _number(document["ask"])
    return tick_of_quote(Quote(_text(document["symbol"]), bid, ask, _time(document["ts_event"])))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: Any) -> Decimal:
    return Decimal(_text(value))


def _time(value: Any) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no offset")
    return moment.astimezone(UTC)
