"""One comparison of two executors' records, and how it is shown."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jax.modules.shadow.compare_decisions import Comparison, Difference, compare_decisions
from jax.ports.clock import Clock
from jax.ports.decision_source import DecisionSource

HEADINGS = ("signal", "symbol", "what", "legacy", "shadow")


@dataclass(frozen=True, slots=True)
class Sides:
    """Both records; `names` says where they are, without passwords."""

    legacy: DecisionSource
    shadow: DecisionSource
    clock: Clock
    names: str


async def compare_once(sides: Sides, since: datetime, settle: timedelta) -> Comparison:
    """What was decided from `since` on and is older than `settle`; as the ports raise."""
    until = sides.clock.now() - settle
    # One may have decided a little before the other.
    reach = since - settle
    legacy = await sides.legacy.decided_since(reach)
    shadow = await sides.shadow.decided_since(reach)
    return compare_decisions(legacy=legacy, shadow=shadow, since=since, until=until)


def document(comparison: Comparison) -> dict[str, Any]:
    """As JSON."""
    return {
        "compared": comparison.compared,
        "left_out": comparison.left_out,
        "differences": [dict(zip(HEADINGS, row_of(found), strict=True)) for found in comparison.differences],
    }


def row_of(found: Difference) -> tuple[str, str, str, str, str]:
    """By HEADINGS."""
    return found.signal_id, found.symbol, str(found.kind), found.legacy, found.shadow


def table_lines(comparison: Comparison) -> list[str]:
    """The differences below their headings, and the sum of it."""
    rows = [row_of(found) for found in comparison.differences]
    widths = [max(len(row[place]) for row in (HEADINGS, *rows)) for place in range(len(HEADINGS))]
    lines = [
        "  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip()
        for row in ((HEADINGS, *rows) if rows else ())
    ]
    return [*lines, summary(comparison)]


def summary(comparison: Comparison) -> str:
    """One line."""
    signals = len({found.signal_id for found in comparison.differences})
    return (
        f"{comparison.compared} signals compared, {signals} differ in "
        f"{len(comparison.differences)} respects, {comparison.left_out} left out"
    )
