"""What must hold of a signed document before it is stored, whatever it says."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from jax.adapters.memory.signed_row import SignedRow
from jax.adapters.memory.state import State
from jax.domain.approval_count import subject_name
from jax.domain.artifact import Artifact
from jax.domain.gate_key import GateRole
from jax.domain.signed import LARGEST_CLOCK_SKEW


def refusals_of_signer(state: State, row: SignedRow[Any], person: str, role: GateRole) -> Iterator[str]:
    """Why the key may not sign this as that person."""
    key = state.keys.get(row.key_id)
    if key is None or key.person != person:
        yield f"The key {row.key_id} is not a stored one of {person}."
        return
    if role not in key.roles:
        yield f"The key of {person} has no {role} role."
    if key.ended is not None:
        yield f"The key of {person} was ended: sign with one that is in use."


def refusals_of_subject(row: SignedRow[Any], artifact: Artifact) -> Iterator[str]:
    """Why it is not about that artifact."""
    statement = row.statement
    if (statement.subject_name, statement.subject_sha256) != (
        subject_name(artifact),
        artifact.payload_sha256,
    ):
        yield (
            f"The statement is about {statement.subject_name} {statement.subject_sha256}, "
            f"not about artifact {artifact.artifact_id}."
        )


def refusals_of_time(state: State, issued_at: datetime) -> Iterator[str]:
    """Why it is not yet signed."""
    if issued_at > state.now + LARGEST_CLOCK_SKEW:
        yield f"The statement was issued {issued_at}, which is not before now."


def refusals_of_life(issued_at: datetime, expires_at: datetime, *, longest_days: int) -> Iterator[str]:
    """Why it lives too long."""
    if not (expires_at - issued_at <= timedelta(days=longest_days)):
        yield f"The statement expires {expires_at}, and the policy lets it live {longest_days} days."
