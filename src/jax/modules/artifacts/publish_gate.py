"""Tells the database of the people's keys and of the policy, for the structure that it enforces."""

from jax.domain.approval_count import GateRefused
from jax.domain.audit import AuditEvent
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import BelowFloor, GatePolicy, check_floor, parse_policy
from jax.modules.artifacts.gate_authority import TrustSource
from jax.ports.clock import Clock
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction, UnitOfWork


class PublishGate:
    """What is published is checked by nobody's word: signatures are verified against the root file."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock, trust: TrustSource) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._trust = trust

    async def keys(self, *, actor: str) -> None:
        """Publishes the root file's keys; a repeat with the same file changes nothing. Conflict."""
        root = self._trust().root
        async with self._unit_of_work.begin() as transaction:
            told = await transaction.audit.entries(kind="gate.keys", subject=root.sha256, limit=1)
            if told:
                return
            await transaction.releases.publish_keys(root)
            event = AuditEvent(
                "gate.keys",
                root.sha256,
                actor,
                self._clock.now(),
                {"root_sha256": root.sha256, "number": root.number},
            )
            await transaction.audit.append(event)

    async def policy(self, policy: GatePolicy, *, actor: str) -> None:
        """Puts `policy` in force, which voids all approvals under another; a repeat changes nothing.

        GateRefused when it is below the floor, or its version does not follow the one in force.
        """
        try:
            check_floor(policy, solo_allowed=self._trust().root.solo)
        except BelowFloor as error:
            raise GateRefused(str(error)) from error
        async with self._unit_of_work.begin() as transaction:
            before = await _in_force(transaction)
            if before == policy:
                return
            if before is not None and policy.version <= before.version:
                raise GateRefused(
                    f"policy {policy.name} has version {policy.version}, and {before.name} "
                    f"{before.version} is in force: give it version {before.version + 1}"
                )
            await transaction.releases.add_policy(policy.encoded())
            event = AuditEvent(
                "gate.policy", policy.sha256, actor, self._clock.now(), {"policy_sha256": policy.sha256}
            )
            await transaction.audit.append(event)


async def _in_force(transaction: Transaction) -> GatePolicy | None:
    try:
        return parse_policy(await transaction.releases.policy_in_force())
    except (NotFound, InvalidValue):
        return None
