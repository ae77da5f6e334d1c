"""What became of a call, as a status, a code and an outcome that a program can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import Field

from jax.app.http.problems import Problem, ProblemRaised
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, PortError, Refused, Unavailable

_STATUS_OF_REFUSAL = {"DEADLINE_PASSED": 410, "FENCED": 412, "KILLED": 423}


class BridgeProblem(Problem):
    """A problem that says what became of the call.

    `outcome` is REFUSED, CONFLICT, NOT_FOUND, UNAVAILABLE or UNKNOWN. A problem without one is not about what
    was asked for, but about how: a client that sent an order takes it for UNKNOWN.
    """

    outcome: str | None = Field(None, examples=["REFUSED"])
    client_order_id: str | None = Field(None, examples=["jx2cqbm4e7..."])


@contextmanager
def told_of_order(client_order_id: str) -> Iterator[None]:
    """Answers what is said of an order with the codes of the contract."""
    try:
        yield
    except PortError as error:
        raise problem_of(
            error, not_found="ORDER_NOT_FOUND", conflict="ORDER_DIFFERS", client_order_id=client_order_id
        ) from error


@contextmanager
def told() -> Iterator[None]:
    """Answers what is said of anything else."""
    try:
        yield
    except PortError as error:
        raise problem_of(error, not_found="NOT_FOUND", conflict="CONFLICT") from error


def problem_of(error: PortError, *, not_found: str, conflict: str, **more: str) -> ProblemRaised:
    """The problem that an error of a port is."""
    match error:
        case Refused():
            status, code, outcome = _STATUS_OF_REFUSAL.get(error.code, 422), error.code, "REFUSED"
        case Conflict():
            status, code, outcome = 409, conflict, "CONFLICT"
        case NotFound():
            status, code, outcome = 404, not_found, "NOT_FOUND"
        case Unavailable():
            status, code, outcome = 503, "NOT_SYNCHRONISED", "UNAVAILABLE"
        case OutcomeUnknown() | _:
            status, code, outcome = 504, "OUTCOME_UNKNOWN", "UNKNOWN"
    return ProblemRaised(status, code, str(error), outcome=outcome, **more)
