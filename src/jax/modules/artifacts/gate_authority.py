"""By which policy and which keys the gate judges now."""

from collections.abc import Callable
from datetime import datetime

from jax.domain.approval_count import Authority, GateRefused
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import BelowFloor, GatePolicy, check_floor, parse_policy
from jax.domain.signed import Trust
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction

# Reads the pinned root file anew: a key that was ended a moment ago counts no more.
TrustSource = Callable[[], Trust]


async def authority_now(transaction: Transaction, trust: Trust, at: datetime) -> Authority:
    """The policy in force with the trusted keys; GateRefused when there is none or it is below the floor."""
    return Authority(trust, await policy_in_force(transaction, trust), at)


async def policy_in_force(transaction: Transaction, trust: Trust) -> GatePolicy:
    """The stored policy with the highest version; GateRefused when there is none or it is below the floor."""
    try:
        policy = parse_policy(await transaction.releases.policy_in_force())
        check_floor(policy, solo_allowed=trust.root.solo)
    except NotFound as error:
        raise GateRefused(
            "the gate has no policy yet: set one up with `artifact-approver keyring init`"
        ) from error
    except (InvalidValue, BelowFloor) as error:
        raise GateRefused(f"the policy in force cannot be used: {error}") from error
    return policy
