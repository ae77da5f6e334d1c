"""Whether the desk can do its work."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum

from jax.app.research.desk.parts import DeskParts
from jax.domain.approval_count import GateRefused
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import GatePolicy
from jax.domain.signed import Trust
from jax.modules.artifacts.gate_authority import policy_in_force
from jax.ports.errors import PortError

_WITHIN_SECONDS = 2.0


class HealthStatus(StrEnum):
    """ok: people can work. degraded: nobody can decide. unhealthy: the database does not answer."""

    OK = "ok"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Health:
    """`policy` is the mark of the policy in force, None when it cannot be told.

    A problem is one sentence; None when there is none.
    """

    database_problem: str | None
    gate_problem: str | None
    policy: str | None

    @property
    def status(self) -> HealthStatus:
        """The worst that is true."""
        if self.database_problem is not None:
            return HealthStatus.UNHEALTHY
        return HealthStatus.OK if self.gate_problem is None else HealthStatus.DEGRADED

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not ok, a sentence each."""
        named = (("database", self.database_problem), ("gate", self.gate_problem))
        return tuple(f"{name}: {problem}" for name, problem in named if problem is not None)


async def health_of(parts: DeskParts) -> Health:
    """Looks at the root file, and asks the database, waiting at most two seconds for it."""
    trust, gate_problem = _trust(parts)
    try:
        async with asyncio.timeout(_WITHIN_SECONDS):
            policy = await _policy(parts, trust)
    except GateRefused as error:
        return Health(None, str(error), None)
    except TimeoutError:
        return Health(f"no answer within {_WITHIN_SECONDS:.0f} seconds", gate_problem, None)
    except PortError as error:
        return Health(str(error), gate_problem, None)
    return Health(None, gate_problem, None if policy is None else policy.mark)


def _trust(parts: DeskParts) -> tuple[Trust | None, str | None]:
    try:
        return parts.trust(), None
    except (PortError, InvalidValue) as error:
        return None, str(error)


async def _policy(parts: DeskParts, trust: Trust | None) -> GatePolicy | None:
    async with parts.unit_of_work.begin() as transaction:
        await transaction.audit.entries(limit=1)
        return None if trust is None else await policy_in_force(transaction, trust)
