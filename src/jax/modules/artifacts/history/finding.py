"""What is wrong with the record, sentence by sentence."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jax.domain.approval_count import GateRefused
from jax.domain.canonical_json import NotCanonical
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.gate_policy import BelowFloor
from jax.domain.signed import SignatureRefused
from jax.domain.visible_text import visible

_LONGEST_SHOWN = 80


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

    def add(self, thing: str, problem: str) -> None:
        """What a row says of itself is others' text, and is shown as such."""
        self._found[Finding(visible(thing), visible(problem))] = None

    @contextmanager
    def noting(self, thing: str) -> Iterator[None]:
        """What the block refuses is a finding about `thing`, and ends the block."""
        try:
            yield
        except (
            InvalidValue,
            NotCanonical,
            SignatureRefused,
            GateRefused,
            BelowFloor,
            IllegalTransition,
        ) as error:
            self.add(thing, str(error))

    def compare(self, thing: str, said_by: str, fields: Iterable[tuple[str, object, object]]) -> None:
        """A finding for each field (name, as it is stored, as `said_by` says) that differs."""
        for field, stored, said in fields:
            if stored != said:
                self.add(thing, f"its {field} is {_shown(stored)}, and {said_by} says {_shown(said)}")

    @property
    def found(self) -> tuple[Finding, ...]:
        """All so far."""
        return tuple(self._found)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
