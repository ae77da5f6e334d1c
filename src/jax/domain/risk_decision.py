"""The answer of a risk rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from jax.domain.reason_code import DecisionLayer, ReasonCode


@dataclass(frozen=True, slots=True)
class Approved:
    """Nothing speaks against it; `quantity` is in units, `risk_amount` and `position_value` in currency."""

    quantity: Decimal
    risk_amount: Decimal
    risk_fraction: Decimal
    position_value: Decimal


@dataclass(frozen=True, slots=True)
class Denied:
    """Refused by the rule `reason_code`; `numbers` are those that broke it."""

    reason_code: ReasonCode
    detail: str
    numbers: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def decision_layer(self) -> DecisionLayer:
        """Who decided."""
        return self.reason_code.decision_layer


RiskDecision = Approved | Denied
