"""Replay fixtures that carry their own bars: what a strategy decided on them, it must decide for ever."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.domain import checks, payload_fields
from jax.domain.bar import Bar, Timeframe
from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, sha256_of, strict_parse
from jax.domain.decimal_text import plain
from jax.domain.errors import InvalidValue
from jax.domain.strategy import NOTHING, Indicator, Strategy
from jax.domain.strategy_runner import StrategyRunner, bar_values

SCHEMA = "jax/golden-suite/v2"
LARGEST_SUITE_BYTES = 512 * 1024
_CASES_A_SYMBOL = 2
_WINDOWS_TRIED = 5
# Bars in a window beyond those that warm the slowest indicator, and the longest window at all.
_BARS_TO_DECIDE_ON = 120
_LONGEST_WINDOW = 1_200
_DECIDED = ("action", "confidence", "entry", "stop", "first_target", "second_target")


@dataclass(frozen=True, slots=True)
class GoldenCase:
    """Daily bars of one symbol, oldest first, and the hash of the decisions made on them bar by bar."""

    name: str
    symbol: str
    bars: tuple[Bar, ...]
    decisions_sha256: str

    def __post_init__(self) -> None:
        checks.text("golden case", self.name)
        checks.sha256(f"golden case {self.name}", self.decisions_sha256)
        if not self.bars or any(bar.symbol != self.symbol for bar in self.bars):
            raise InvalidValue(f"golden case {self.name}", f"must hold bars of {self.symbol}, and no others")

    def document(self) -> dict[str, Json]:
        """The case as it is hashed: times with Z, numbers as texts."""
        return {
            "name": self.name,
            "symbol": self.symbol,
            "bars": [_bar_document(bar) for bar in self.bars],
            "decisions_sha256": self.decisions_sha256,
        }


@dataclass(frozen=True, slots=True)
class GoldenSuite:
    """At least one case, sorted by name, each name once."""

    cases: tuple[GoldenCase, ...]

    def __post_init__(self) -> None:
        names = [case.name for case in self.cases]
        if not names or names != sorted(set(names)):
            raise InvalidValue("golden suite", "must hold at least one case, sorted by name, each name once")

    @property
    def sha256(self) -> str:
        """The hash that a payload names."""
        return sha256_of(self.encoded())

    def encoded(self) -> bytes:
        """The canonical document; InvalidValue when it is longer than 512 KiB."""
        document = canonical_bytes({"schema": SCHEMA, "cases": [case.document() for case in self.cases]})
        return _short_enough(document)


@dataclass(frozen=True, slots=True)
class GoldenOutcome:
    """The names of the cases on which the strategy decided as recorded, and of the others."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]


def decode_golden_suite(document: bytes) -> GoldenSuite:
    """The suite that `encoded` wrote; InvalidValue when the document is anything else."""
    try:
        found = strict_parse(_short_enough(document))
    except NotCanonical as error:
        raise InvalidValue("golden suite", str(error)) from error
    top = payload_fields.section("golden suite", found, keys=frozenset({"schema", "cases"}))
    if top["schema"] != SCHEMA or not isinstance(top["cases"], list):
        raise InvalidValue("golden suite", f"is not a list of cases under the schema {SCHEMA!r}")
    suite = GoldenSuite(tuple(_case_of(case) for case in top["cases"]))
    if suite.encoded() != document:
        raise InvalidValue("golden suite", "a number or a time is not in its one spelling")
    return suite


def record_golden_suite(
    strategy: Strategy, params: Any, bars_by_symbol: Mapping[str, Sequence[Bar]]
) -> GoldenSuite:
    """Cases from `bars_by_symbol` (at least one bar, oldest first): the same input gives the same suite.

    Two windows a symbol, of five that are spread over its bars those with the most decisions; one a
    symbol, and then fewer symbols, where the document would become too long.
    """
    cases: list[GoldenCase] = []
    second_choices: list[GoldenCase] = []
    room = LARGEST_SUITE_BYTES - len(canonical_bytes({"schema": SCHEMA, "cases": []}))
    # In the order of their hashes, so that a suite without room for all leaves out no part of the alphabet.
    for symbol in sorted(bars_by_symbol, key=lambda name: sha256_of(name.encode())):
        best, *others = _eventful_windows(strategy, params, bars_by_symbol[symbol])
        if room < _size(best):
            break
        room -= _size(best)
        cases.append(best)
        second_choices.extend(others)
    for case in second_choices:
        if _size(case) <= room:
            room -= _size(case)
            cases.append(case)
    return GoldenSuite(tuple(sorted(cases, key=lambda case: case.name)))


def replay_golden_suite(suite: GoldenSuite, strategy: Strategy, params: Any) -> GoldenOutcome:
    """Runs the strategy over each case from its first bar; a strategy that raises has failed the case."""
    passed: list[str] = []
    failed: list[str] = []
    for case in suite.cases:
        names = passed if _decides_as_recorded(case, strategy, params) else failed
        names.append(case.name)
    return GoldenOutcome(tuple(passed), tuple(failed))


def _decides_as_recorded(case: GoldenCase, strategy: Strategy, params: Any) -> bool:
    try:
        return _decisions(strategy, params, case.bars)[0] == case.decisions_sha256
    except Exception:  # noqa: BLE001 - the strategy's own code ran: whatever it raises, it did not decide
        return False


def _bars_to_warm(indicator: Indicator) -> int:
    """About as many as it needs: the lengths among its arguments, one after the other."""
    return max(indicator.lag, sum(value for value in indicator.arguments if isinstance(value, int)))


def _eventful_windows(strategy: Strategy, params: Any, bars: Sequence[Bar]) -> list[GoldenCase]:
    """At least one window of `bars`, the one with the most decisions first."""
    warm = max((_bars_to_warm(found) for found in strategy.indicators(params)), default=0)
    length = min(len(bars), max(warm, 0) + _BARS_TO_DECIDE_ON, _LONGEST_WINDOW)
    found = []
    for start in sorted({(len(bars) - length) * n // (_WINDOWS_TRIED - 1) for n in range(_WINDOWS_TRIED)}):
        window = tuple(bars[start : start + length])
        decisions_sha256, taken = _decisions(strategy, params, window)
        name = f"{window[0].symbol} {window[0].end.date()} to {window[-1].end.date()}"
        found.append((-taken, start, GoldenCase(name, window[0].symbol, window, decisions_sha256)))
    found.sort(key=lambda one: one[:2])
    return [case for _, _, case in found[:_CASES_A_SYMBOL]]


def _decisions(strategy: Strategy, params: Any, bars: Sequence[Bar]) -> tuple[str, int]:
    """The hash over the exact text of every decision, and how many were to do something."""
    runner = StrategyRunner(strategy, params)
    decisions = [runner.on_bar(bar_values(bar)) for bar in bars]
    texts: list[Json] = [[_exact(field, getattr(one, field)) for field in _DECIDED] for one in decisions]
    return sha256_of(canonical_bytes(texts)), sum(1 for one in decisions if one.action != NOTHING)


def _exact(field: str, value: object) -> str:
    """The shortest text that gives the number back, whatever the strategy's own classes would say."""
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    raise InvalidValue("decision", f"its {field} is a {type(value).__name__}, not a number")


def _size(case: GoldenCase) -> int:
    return len(canonical_bytes(case.document())) + len(",")


def _short_enough(document: bytes) -> bytes:
    if len(document) > LARGEST_SUITE_BYTES:
        raise InvalidValue(
            "golden suite", f"has {len(document)} bytes, more than the {LARGEST_SUITE_BYTES} allowed"
        )
    return document


def _bar_document(bar: Bar) -> list[Json]:
    numbers = (bar.open, bar.high, bar.low, bar.close, bar.volume)
    return [_time_text(bar.start), _time_text(bar.end), *map(plain, numbers)]


def _time_text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _case_of(document: Json) -> GoldenCase:
    keys = frozenset({"name", "symbol", "bars", "decisions_sha256"})
    case = payload_fields.section("golden case", document, keys=keys)
    name, symbol = (payload_fields.text(f"golden case {key}", case[key]) for key in ("name", "symbol"))
    field = f"golden case {name}"
    return GoldenCase(
        name=name,
        symbol=symbol,
        bars=tuple(_bars_of(field, symbol, case["bars"])),
        decisions_sha256=payload_fields.sha256(field, case["decisions_sha256"]),
    )


def _bars_of(field: str, symbol: str, rows: Json) -> Iterator[Bar]:
    if not isinstance(rows, list):
        raise InvalidValue(field, "its bars are not a list")
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != 7:
            raise InvalidValue(
                field, f"bar {number} is not start, end, open, high, low, close and volume as texts"
            )
        try:
            start, end = (datetime.fromisoformat(payload_fields.text(field, text)) for text in row[:2])
            numbers = [Decimal(payload_fields.number(field, text)) for text in row[2:]]
            yield Bar(symbol, Timeframe.DAY, start, end, *numbers)
        except ValueError as error:  # InvalidValue is one
            raise InvalidValue(field, f"bar {number} is no bar ({error})") from error
