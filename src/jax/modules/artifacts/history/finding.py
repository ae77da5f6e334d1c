"""What is wrong with the record, sentence by sentence."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from jax.domain.approval_count import GateRefused
from jax.domain.canonical_json import NotCanonical
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.gate_policy import BelowFloor
from jax.domain.record_row import RecordRow
from jax.domain.signed import SignatureRefused
from jax.domain.visible_text import visible

_LONGEST_SHOWN = 80
_REFUSALS = (InvalidValue, NotCanonical, SignatureRefused, GateRefused, BelowFloor, IllegalTransition)


@dataclass(frozen=True, slots=True)
class Finding:
    """`thing` names the row or entry, such as `audit entry 17`; `problem` is a sentence about it."""

    thing: str
    problem: str

    def __str__(self) -> str:
        return f"{self.thing}: {self.problem}"


class Findings:
    """Collects findings in the order in which they are made, each once."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}

    def about(self, thing: str) -> "About":
        """Where what is wrong with `thing` goes."""
        return About(self._found, visible(thing))

    @property
    def found(self) -> tuple[Finding, ...]:
        """All so far."""
        return tuple(self._found)


@dataclass(frozen=True, slots=True)
class About:
    """Takes findings about one thing; what a row says of itself is others' text, and is shown as such."""

    found: dict[Finding, None]
    thing: str

    def add(self, problem: str) -> None:
        """One more finding, unless it is there."""
        self.found[Finding(self.thing, visible(problem))] = None

    @contextmanager
    def noting(self) -> Iterator[None]:
        """What the block refuses is a finding, and ends the block."""
        try:
            yield
        except _REFUSALS as error:
            self.add(str(error))

    def compare(self, said_by: str, fields: Iterable[tuple[str, object, object]]) -> None:
        """A finding for each field (name, as it is stored, as `said_by` says) that differs."""
        for field, stored, said in fields:
            if stored != said:
                self.add(f"its {field} is {_shown(stored)}, and {said_by} says {_shown(said)}")

    def compare_columns(self, row: RecordRow, said_by: str, columns: Mapping[str, object]) -> None:
        """A finding for each column of `row` that is not what `said_by` says."""
        self.compare(said_by, [(name, row.row.get(name), said) for name, said in columns.items()])


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
