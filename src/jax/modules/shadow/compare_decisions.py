"""Where two executors have decided differently on the same signals: a plain function of both records."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from jax.domain.executor_decision import EntryTerms, ExecutorDecision

QUANTITY_TOLERANCE = Decimal("0.01")


class DifferenceKind(StrEnum):
    """MISSING: the old one traded and the shadow did not; EXTRA: the other way round."""

    MISSING = "missing"
    EXTRA = "extra"
    SYMBOL = "symbol"
    SIDE = "side"
    QUANTITY = "quantity"
    PRICE = "price"
    STOP = "stop"
    DENIAL_CODE = "denial_code"


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """What each of them says; `-` for nothing."""

    signal_id: str
    symbol: str
    kind: DifferenceKind
    legacy: str
    shadow: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`compared` signals, of which some differ; `left_out` are too young, or of before, to be judged."""

    compared: int
    left_out: int
    differences: tuple[Difference, ...]


def compare_decisions(
    *,
    legacy: Iterable[ExecutorDecision],
    shadow: Iterable[ExecutorDecision],
    since: datetime,
    until: datetime,
) -> Comparison:
    """By signal: those that either has decided on from `since` on, and neither first after `until`.

    Two processes do not decide at the same instant: whatever one of them has only just decided is left to the
    next comparison, and what the other has decided just before `since` is not missing. Quantities within
    QUANTITY_TOLERANCE are equal; prices are when they are the same number.
    """
    ours = {decision.signal_id: decision for decision in shadow}
    theirs = {decision.signal_id: decision for decision in legacy}
    differences: list[Difference] = []
    compared = left_out = 0
    for signal_id in sorted(ours.keys() | theirs.keys()):
        pair = [decision for decision in (theirs.get(signal_id), ours.get(signal_id)) if decision is not None]
        times = [decision.at for decision in pair]
        if not (max(times) >= since and min(times) <= until):
            left_out += 1
            continue
        compared += 1
        differences.extend(_differences(pair, theirs.get(signal_id), ours.get(signal_id)))
    return Comparison(compared, left_out, tuple(sorted(differences)))


def _differences(
    known: Sequence[ExecutorDecision], legacy: ExecutorDecision | None, shadow: ExecutorDecision | None
) -> Iterator[Difference]:
    first = known[0]
    for kind, theirs, ours in _found(legacy, shadow):
        yield Difference(first.signal_id, first.symbol, kind, theirs, ours)


def _found(
    legacy: ExecutorDecision | None, shadow: ExecutorDecision | None
) -> Iterator[tuple[DifferenceKind, str, str]]:
    theirs = None if legacy is None else legacy.terms
    ours = None if shadow is None else shadow.terms
    if theirs is None and ours is None:
        # An old record without denials says nothing of a signal that it has denied.
        if legacy is not None and shadow is not None and legacy.denial_code != shadow.denial_code:
            yield DifferenceKind.DENIAL_CODE, _said(legacy), _said(shadow)
        return
    if ours is None:
        yield DifferenceKind.MISSING, _said(legacy), _said(shadow)
        return
    if theirs is None:
        yield DifferenceKind.EXTRA, _said(legacy), _said(shadow)
        return
    if legacy is not None and shadow is not None and legacy.symbol != shadow.symbol:
        yield DifferenceKind.SYMBOL, legacy.symbol, shadow.symbol
    yield from _between(theirs, ours)


def _between(theirs: EntryTerms, ours: EntryTerms) -> Iterator[tuple[DifferenceKind, str, str]]:
    if theirs.side is not ours.side:
        yield DifferenceKind.SIDE, theirs.side, ours.side
    if not _about_equal(theirs.quantity, ours.quantity):
        yield DifferenceKind.QUANTITY, _spelled(theirs.quantity), _spelled(ours.quantity)
    if theirs.entry_price != ours.entry_price:
        yield DifferenceKind.PRICE, _spelled(theirs.entry_price), _spelled(ours.entry_price)
    if theirs.stop_loss != ours.stop_loss:
        yield DifferenceKind.STOP, _spelled(theirs.stop_loss), _spelled(ours.stop_loss)


def _about_equal(one: Decimal, other: Decimal) -> bool:
    # An old table may hold NaN, which equals nothing.
    return one.is_finite() and other.is_finite() and abs(one - other) <= QUANTITY_TOLERANCE


def _said(decision: ExecutorDecision | None) -> str:
    if decision is None:
        return "-"
    terms = decision.terms
    return decision.denial_code or "-" if terms is None else f"{terms.side} {_spelled(terms.quantity)}"


def _spelled(number: Decimal) -> str:
    return f"{number.normalize():f}" if number.is_finite() else str(number)
