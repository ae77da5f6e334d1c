"""What a trader may do that runs an artifact of the desk's."""

from functools import lru_cache

from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import parse_payload
from jax.domain.gate_policy import DESK_POLICY
from jax.domain.loaded_artifact import EntryRight


@lru_cache(maxsize=64)
def right_to_enter(artifact: Artifact) -> EntryRight:
    """As of a trader that has verified it under the desk's policy."""
    return EntryRight(artifact.artifact_id, DESK_POLICY.sha256, parse_payload(artifact.payload).risk)
