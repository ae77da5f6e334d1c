"""A decision as it is recorded, and where one that is made now parts from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from jax.domain.canonical_json import Json
from jax.domain.risk_decision import Denied, RiskDecision

_APPROVED = ("quantity", "risk_amount", "risk_fraction", "position_value")


@dataclass(frozen=True, slots=True)
class DecisionDifference:
    """What of a decision is not as it was; None where there was, or is, nothing of the name."""

    name: str
    recorded: str | None
    decided: str | None


def decision_document(decision: RiskDecision) -> dict[str, Json]:
    """Why not, with the numbers; or how much, and what it risks and is worth."""
    if isinstance(decision, Denied):
        return {
            "reason_code": decision.reason_code,
            "detail": decision.detail,
            "numbers": {name: str(value) for name, value in decision.numbers.items()},
        }
    return {name: str(getattr(decision, name)) for name in _APPROVED}


def decision_differences(
    recorded: Mapping[str, Json], decision: RiskDecision
) -> tuple[DecisionDifference, ...]:
    """Where `decision` is not that of the document `recorded`, which may say more; its words do not count."""
    was, now = _facts(recorded), _facts(decision_document(decision))
    names = dict.fromkeys((*was, *now))
    return tuple(
        DecisionDifference(name, was.get(name), now.get(name))
        for name in names
        if not _equal(was.get(name), now.get(name))
    )


def _facts(document: Mapping[str, Json]) -> dict[str, str]:
    if "reason_code" not in document:
        facts = {name: str(document[name]) for name in _APPROVED if name in document}
        return {"decision": "approved", **facts}
    numbers = document.get("numbers")
    of_numbers = numbers.items() if isinstance(numbers, Mapping) else ()
    return {
        "decision": "denied",
        "reason_code": str(document["reason_code"]),
        **{name: str(value) for name, value in of_numbers},
    }


def _equal(was: str | None, now: str | None) -> bool:
    """As texts, or as numbers: 1.50 is 1.5."""
    if was == now or was is None or now is None:
        return was == now
    try:
        return Decimal(was) == Decimal(now)
    except InvalidOperation:
        return False
