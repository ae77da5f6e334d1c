"""What agents are asked, and what they may answer: bounded, checked, read by people and obeyed by nobody."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.visible_text import visible

LONGEST_TEXT = 4000
LONGEST_LINE = 500
MOST_LINES = 12
MOST_MEMORIES = 8
_DECIMAL_PLACES = 4
_CUT = " [...]"


class AdvisedAction(StrEnum):
    """What an adviser would do. It is a word for a person to read: nothing acts on it."""

    BUY = "BUY"
    SELL = "SELL"
    HOLD = "HOLD"
    WATCH = "WATCH"


@dataclass(frozen=True, slots=True)
class Memory:
    """Something remembered under an id of its own; a memory with the same id replaces it.

    `symbol` and `at` are None where the keeper does not say.
    """

    memory_id: str
    text: str
    symbol: str | None = None
    at: datetime | None = None

    def __post_init__(self) -> None:
        checks.text("memory_id", self.memory_id, longest=128)
        _words("text", self.text)
        if not self.text:
            raise InvalidValue("text", "must say something")
        if self.symbol is not None:
            checks.symbol("symbol", self.symbol)
        if self.at is not None:
            checks.utc("at", self.at)


@dataclass(frozen=True, slots=True)
class RecallQuery:
    """What is to be remembered of `symbol`, or of `words`; the memory with the id `besides` is left out."""

    symbol: str
    words: str
    besides: str

    def __post_init__(self) -> None:
        checks.symbol("symbol", self.symbol)
        _words("words", self.words)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a researcher found out."""

    summary: str
    points: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _words("summary", self.summary)
        _lines("points", self.points)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a planner makes of it; `confidence` lies in [0, 1] with 4 places, steps are sentences or tools."""

    action: AdvisedAction
    confidence: Decimal
    summary: str
    reasoning: str
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (Decimal(0) <= checks.finite("confidence", self.confidence) <= Decimal(1)):
            raise InvalidValue("confidence", f"must be from 0 to 1, not {self.confidence}")
        _words("summary", self.summary)
        _words("reasoning", self.reasoning)
        _lines("steps", self.steps)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool said of `symbols`, or the problem for which it said nothing."""

    tool: str
    symbols: tuple[str, ...]
    said: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a planner says after the tools; `tools` are those that it claims to have used itself."""

    summary: str
    tools: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _words("summary", self.summary)
        _lines("tools", self.tools)


def bounded(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """`text` of others as it may be stored and shown: cut to `longest`, what does not print written out."""
    shown = "\n".join(visible(line) for line in text[: longest + 1].split("\n")).strip()
    return shown if len(shown) <= longest else shown[: longest - len(_CUT)].rstrip() + _CUT


def confidence_of(number: Decimal) -> Decimal:
    """`number` with the places that a confidence has; InvalidValue when it is not from 0 to 1."""
    if not (Decimal(0) <= number <= Decimal(1)):
        raise InvalidValue("confidence", f"must be from 0 to 1, not {number}")
    return round(number, _DECIMAL_PLACES)


def _words(field: str, text: str, *, longest: int = LONGEST_TEXT) -> None:
    if text != bounded(text, longest=longest):
        raise InvalidValue(field, f"must be at most {longest} characters that print, without outer spaces")


def _lines(field: str, lines: tuple[str, ...]) -> None:
    if not (len(lines) <= MOST_LINES):
        raise InvalidValue(field, f"must be at most {MOST_LINES}, not {len(lines)}")
    for line in lines:
        _words(field, line, longest=LONGEST_LINE)
