"""Decides again, from its recorded inputs, what was decided about orders, and compares."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Final

from jax.domain.audit import AuditEntry
from jax.domain.canonical_json import Json
from jax.domain.errors import InvalidValue
from jax.domain.risk.decide import decide
from jax.domain.risk.decision_document import DecisionDifference, decision_differences
from jax.domain.risk.inputs_document import OlderFormat, inputs_from
from jax.ports.unit_of_work import UnitOfWork

DECIDED: Final = frozenset({"order.decided", "order.denied", "order.leaving"})
_AT_ONCE = 500
_SHOWN = 200


class Outcome(Enum):
    """OLDER: recorded in another format, or without inputs. UNDECIDED: denied before the rules were asked."""

    EQUAL = auto()
    DIFFERENT = auto()
    OLDER = auto()
    UNDECIDED = auto()


@dataclass(frozen=True, slots=True)
class DecidedAgain:
    """What has become of the decision that entry `n` tells of; with differences only when DIFFERENT."""

    n: int
    kind: str
    subject: str
    at: datetime
    outcome: Outcome
    differences: tuple[DecisionDifference, ...] = ()


class ReplayDecisions:
    """Only reads: it needs no right to write anything."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    async def newest(self) -> int:
        """The number of the newest entry of the audit log, 0 before the first."""
        async with self._unit_of_work.begin() as transaction:
            return max((entry.n for entry in await transaction.audit.entries(limit=1)), default=0)

    async def decided_again(
        self, since: datetime, *, until: int, account: str | None = None
    ) -> AsyncGenerator[DecidedAgain, None]:
        """Each decision of `since` or later, up to entry `until`, in its order; of one account, or of all.

        What says no account, since it is older, is of every one.
        """
        n = 0
        while True:
            async with self._unit_of_work.begin() as transaction:
                page = await transaction.audit.entries_after(n, limit=_AT_ONCE, kinds=DECIDED, since=since)
            for entry in page:
                if entry.n <= until and account in {None, _data(entry).get("account", account)}:
                    yield decide_again(entry)
            if not page or page[-1].n >= until:
                return
            n = page[-1].n


def decide_again(entry: AuditEntry) -> DecidedAgain:
    """`entry` is one of DECIDED."""
    event, data = entry.event, _data(entry)

    def found(outcome: Outcome, *differences: DecisionDifference) -> DecidedAgain:
        return DecidedAgain(entry.n, event.kind, event.subject, event.at, outcome, differences)

    if "inputs" not in data:
        return found(Outcome.OLDER)
    text = data["inputs"]
    if text is None:
        return found(Outcome.UNDECIDED)
    try:
        inputs = inputs_from(str(text))
    except OlderFormat:
        return found(Outcome.OLDER)
    except InvalidValue as error:
        return found(Outcome.DIFFERENT, DecisionDifference("inputs", str(text)[:_SHOWN], str(error)[:_SHOWN]))
    differences = decision_differences(data, decide(inputs))
    return found(Outcome.DIFFERENT if differences else Outcome.EQUAL, *differences)


def _data(entry: AuditEntry) -> Mapping[str, Json]:
    return entry.event.data if isinstance(entry.event.data, Mapping) else {}
