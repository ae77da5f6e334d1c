"""What agents answer, as values: cut to size, checked, and refused where it cannot be what it should."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from jax.domain import checks
from jax.domain.advice import (
    LONGEST_LINE,
    MOST_LINES,
    AdvisedAction,
    Conclusion,
    Finding,
    Memory,
    Plan,
    bounded,
    confidence_of,
)
from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable

Document = Mapping[str, Any]
T = TypeVar("T")
_PERCENT = Decimal(100)


def understood(name: str, read: Callable[[], T]) -> T:
    """What `read` makes of an answer of `name`; Unavailable when nothing can be made of it."""
    try:
        return read()
    except (InvalidValue, ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise Unavailable(f"{name}'s answer cannot be read: {bounded(repr(error), longest=200)}") from error


def memories_of(document: Document, *, besides: str) -> list[Memory]:
    """Hindsight's recall: `results`, each with `id`, `text`, and `document_id` where it knows one."""
    found = [_memory_of(result) for result in _list(document["results"])]
    return [memory for memory in found if memory.memory_id != besides]


def plan_of(document: Document) -> Plan:
    """Agent0's plan; `confidence` from 0 to 1."""
    return Plan(
        action=AdvisedAction(document["action"]),
        confidence=confidence_of(_number(document["confidence"])),
        summary=_text(document["summary"]),
        reasoning=_text(document.get("reasoning_notes", "")),
        steps=_lines(document.get("steps") or ()),
    )


def plan_of_suggestion(document: Document, symbol: str) -> Plan:
    """Agent0's suggestion; `confidence` from 0 to 100. Its prices and sizes are not looked at."""
    if document["symbol"] != symbol:
        raise ValueError(f"the answer is about {document['symbol']!r}")
    reasoning = _text(document["reasoning"])
    return Plan(
        action=AdvisedAction(document["action"]),
        confidence=confidence_of(_number(document["confidence"]) / _PERCENT),
        summary=bounded(reasoning, longest=LONGEST_LINE),
        reasoning=reasoning,
        steps=_lines(document.get("key_factors") or ()),
    )


def conclusion_of(document: Document) -> Conclusion:
    """Agent0's execution: its summary, and the tools that it says it called."""
    calls = _list(document.get("tool_calls") or [])
    return Conclusion(_text(document["summary"]), tuple(_line(call["tool"]) for call in calls))


def research_of(document: Document, symbol: str) -> Finding:
    """Dexter's research of one company; its metrics become points."""
    output = document["output"]
    if output["ticker"] != symbol:
        raise ValueError(f"the answer is about {output['ticker']!r}")
    metrics = (f"{name}: {value}" for name, value in sorted((output.get("metrics") or {}).items()))
    return Finding(_text(output["summary"]), _lines([*_list(output.get("key_points") or []), *metrics]))


def comparison_of(document: Document) -> Finding:
    """Dexter's comparison of companies, a point for each."""
    output = document["output"]
    items = _list(output["items"])
    return Finding(
        _text(output["comparison_axis"]), _lines(f"{item['ticker']}: {item['thesis']}" for item in items)
    )


def reflection_of(document: Document) -> str:
    """Hindsight's reflection."""
    return _text(document["text"])


def _memory_of(result: Document) -> Memory:
    metadata = result.get("metadata") or {}
    symbol = metadata.get("symbol")
    return Memory(
        memory_id=checks.text("id", result.get("document_id") or result["id"], longest=128),
        text=_text(result["text"]),
        symbol=None if symbol is None else checks.symbol("symbol", symbol),
        at=_time(result.get("mentioned_at")),
    )


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    told = datetime.fromisoformat(_text(value))
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def _lines(values: Iterable[object]) -> tuple[str, ...]:
    lines = (_line(value) for value in values)
    return tuple(line for line in lines if line)[:MOST_LINES]


def _line(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is no text")
    return bounded(value, longest=LONGEST_LINE)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is no text")
    return bounded(value)


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{value!r:.80} is no number")
    return Decimal(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.80} is no list")
    return value
