"""What a rule is."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase, RiskInputs, WantedExit
from jax.domain.risk_decision import Denied

ForbidsAnything = Callable[[RiskInputs], Denied | None]
ForbidsEntry = Callable[[EntryCase], Denied | None]
ForbidsExit = Callable[[RiskInputs, WantedExit], Denied | None]


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `quantity` units (below zero when it is passed already), for the reason `reason_code`.

    `numbers` are those that the quantity follows from.
    """

    reason_code: ReasonCode
    quantity: Decimal
    numbers: dict[str, Decimal]


CapsEntry = Callable[[EntryCase], Cap | None]
