"""Why a signal did not become an order, as a problem."""

from collections.abc import Mapping
from decimal import Decimal

from jax.app.http.problems import ProblemRaised
from jax.domain.decimal_text import plain
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied

_STATUS_OF_DENIAL = {
    ReasonCode.SIGNAL_NOT_FOUND: 404,
    ReasonCode.SIGNAL_NOT_APPROVED: 409,
    ReasonCode.EXECUTION_DISABLED: 423,
    ReasonCode.FENCED: 423,
    ReasonCode.KILL_SWITCH: 423,
    ReasonCode.MODE_OBSERVE: 423,
    ReasonCode.MODE_REDUCE: 423,
    ReasonCode.NOT_ARMED: 423,
    ReasonCode.BROKER_UNAVAILABLE: 503,
}


def problem_of_denial(denied: Denied) -> ProblemRaised:
    """422 unless the code says more."""
    status = _STATUS_OF_DENIAL.get(denied.reason_code, 422)
    return ProblemRaised(status, denied.reason_code, denied.detail, numbers=_spelled(denied.numbers))


def _spelled(numbers: Mapping[str, Decimal]) -> dict[str, str]:
    """Numbers as the wire has them; what is not finite keeps its name."""
    return {name: plain(value) if value.is_finite() else str(value) for name, value in numbers.items()}
