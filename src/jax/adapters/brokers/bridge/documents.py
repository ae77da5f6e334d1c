"""The bridge's documents as values; what cannot be read raises ValueError, KeyError or TypeError."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar, Timeframe
from jax.domain.decimal_text import plain
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order_status import OrderStatus
from jax.domain.quote import Quote
from jax.domain.side import Side
from jax.ports.broker import (
    BrokerEvent,
    BrokerEventKind,
    BrokerStatus,
    JournalPage,
    OrderReport,
    WorkingOrder,
)

Document = Mapping[str, Any]

# What a venue may say of an order.
_OF_A_VENUE = frozenset(
    {
        OrderStatus.NEW,
        OrderStatus.PARTIALLY_FILLED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.REJECTED,
    }
)


def report_of(document: Document, client_order_id: str) -> OrderReport:
    """The report about the order that was asked for, and about no other."""
    if document["client_order_id"] != client_order_id:
        raise ValueError(f"the answer is about {document['client_order_id']!r}")
    status = OrderStatus(document["status"])
    if status not in _OF_A_VENUE:
        raise ValueError(f"a venue does not say {status}")
    fills = tuple(map(_fill_of, document["fills"]))
    if any(fill.client_order_id != client_order_id for fill in fills):
        raise ValueError("the answer has fills of another order")
    return OrderReport(
        client_order_id=client_order_id,
        venue_order_id=_text(document["venue_order_id"]),
        status=status,
        fills=fills,
        reason_code=_text_or_none(document["reason_code"]),
        as_of=_whole_or_none(document.get("as_of")),
    )


def reports_of(document: Document, asked: Sequence[str]) -> dict[str, OrderReport | None]:
    """What is said of the orders that were asked for, and of no others; None: it is not there."""
    said: dict[str, OrderReport | None] = dict.fromkeys(map(_text, document["not_found"]))
    for report in document["reports"]:
        said[_text(report["client_order_id"])] = report_of(report, report["client_order_id"])
    if not (said.keys() <= set(asked)):
        raise ValueError(f"the answer is about {sorted(said.keys() - set(asked))}")
    return said


def venue_of(document: Document) -> tuple[str, bool, bool]:
    """The venue's name, whether it takes real money, and whether it has brackets.

    A bridge that does not speak of brackets is older than they are.
    """
    has_brackets = _truth(document.get("has_brackets", False))
    return _text(document["venue"]), _truth(document["is_live"]), has_brackets


def working_order_of(document: Document) -> WorkingOrder:
    """An open order."""
    return WorkingOrder(
        client_order_id=_text_or_none(document["client_order_id"]),
        venue_order_id=_text(document["venue_order_id"]),
        symbol=_text(document["symbol"]),
        side=Side(document["side"]),
        leaves_quantity=_number(document["leaves_quantity"]),
    )


def account_of(document: Document) -> AccountSnapshot:
    """The account's means."""
    return AccountSnapshot(
        account=_text(document["account"]),
        currency=_text(document["currency"]),
        cash=_number(document["cash"]),
        net_liquidation=_number(document["net_liquidation"]),
        buying_power=_number(document["buying_power"]),
    )


def positions_of(document: Document) -> dict[str, Decimal]:
    """Signed quantity by symbol."""
    return {_text(symbol): _number(quantity) for symbol, quantity in document["positions"].items()}


def quote_of(document: Document) -> Quote:
    """The best bid and ask."""
    return Quote(
        symbol=_text(document["symbol"]),
        bid=_number(document["bid"]),
        ask=_number(document["ask"]),
        ts_event=_time(document["ts_event"]),
    )


def status_of(document: Document) -> BrokerStatus:
    """Whether the bridge can be asked and told anything."""
    return BrokerStatus(
        problem=_text_or_none(document["problem"]),
        killed=_text_or_none(document["killed"]),
        epoch=_whole(document["epoch"]),
    )


def page_of(document: Document) -> JournalPage:
    """Some entries of the journal."""
    return JournalPage(_text(document["journal"]), list(map(_event_of, document["events"])))


def _event_of(document: Document) -> BrokerEvent:
    return BrokerEvent(
        seq=_whole(document["seq"]),
        kind=BrokerEventKind(document["kind"]),
        client_order_id=_text_or_none(document["client_order_id"]),
        detail=_text(document["detail"]),
        at=_time(document["at"]),
        change=_whole_or_none(document.get("change")),
    )


def document_of_bar(bar: Bar) -> dict[str, str]:
    """As the bridge takes it."""
    numbers = {field: plain(getattr(bar, field)) for field in ("open", "high", "low", "close", "volume")}
    times = {"start": bar.start.isoformat(), "end": bar.end.isoformat()}
    return {"symbol": bar.symbol, "timeframe": str(bar.timeframe), **times, **numbers}


def bar_of(document: Document) -> Bar:
    """As the bridge tells it."""
    numbers = (_number(document[name]) for name in ("open", "high", "low", "close", "volume"))
    start, end = _time(document["start"]), _time(document["end"])
    return Bar(_text(document["symbol"]), Timeframe(_text(document["timeframe"])), start, end, *numbers)


def document_of_instrument(instrument: Instrument) -> dict[str, str]:
    """As the bridge takes it."""
    texts = {field: getattr(instrument, field) for field in ("symbol", "mic", "currency")}
    numbers = ("price_increment", "lot_size", "multiplier")
    return {**texts, **{field: plain(getattr(instrument, field)) for field in numbers}}


def _fill_of(document: Document) -> Fill:
    return Fill(
        execution_id=_text(document["execution_id"]),
        client_order_id=_text(document["client_order_id"]),
        symbol=_text(document["symbol"]),
        side=Side(document["side"]),
        quantity=_number(document["quantity"]),
        price=_number(document["price"]),
        commission=_number(document["commission"]),
        ts_event=_time(document["ts_event"]),
        revision=_whole(document["revision"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _whole_or_none(value: object) -> int | None:
    return None if value is None else _whole(value)


def _number(value: object) -> Decimal:
    try:
        return Decimal(_text(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number") from error


def _time(value: object) -> datetime:
    return datetime.fromisoformat(_text(value)).astimezone(UTC)
