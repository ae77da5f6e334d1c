"""Policies, people's keys, signed snapshots, and revocations."""

from collections.abc import Sequence
from typing import Protocol

from jax.domain.gate_root import GateRoot
from jax.domain.revocation import RecordedRevocation


class ReleaseStore(Protocol):
    """Append-only, and not trusted: readers verify what it gives them."""

    async def add_policy(self, document: bytes) -> None:
        """Stores a policy (`domain.gate_policy`).

        Conflict when its version or bytes are there already, or when it asks for less than the floor;
        InvalidValue for bytes that spell no policy.
        """
        ...

    async def policy(self, policy_sha256: str) -> bytes:
        """The policy with this hash; NotFound."""
        ...

    async def policy_in_force(self) -> bytes:
        """The policy with the highest version; NotFound when there is none."""
        ...

    async def publish_keys(self, root: GateRoot) -> None:
        """Makes the stored keys, their roles and their ends those of `root`; a repeat changes nothing.

        Conflict when a stored key would have to lose a role, come back after its end, or change hands. A
        stored key that `root` lacks stays as it is: no signature of it counts for whoever reads `root`.
        """
        ...

    async def add_snapshot(self, envelope: bytes) -> None:
        """Stores a signed snapshot (`domain.snapshot`).

        Conflict unless its number follows the newest one's, its signer's key may release, its policy is the
        one in force, its log head is an entry of the audit log, and what it names is stored and not revoked;
        InvalidValue for bytes that spell no snapshot.
        """
        ...

    async def newest_snapshot(self) -> bytes | None:
        """The snapshot with the highest number; None before the first."""
        ...

    async def add_revocation(self, revocation: RecordedRevocation) -> None:
        """Stops an artifact; waits for no other transaction, and tells subscribers of `artifact`.

        Conflict when its id is there already, or when it says something else than its envelope.
        """
        ...

    async def revocations(self) -> Sequence[RecordedRevocation]:
        """All revocations, oldest first."""
        ...
