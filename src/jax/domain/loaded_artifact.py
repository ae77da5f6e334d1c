"""An artifact that has passed every check and may decide."""

from dataclasses import dataclass
from typing import Any

from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.risk_profile import RiskProfile
from jax.domain.strategy import Strategy


@dataclass(frozen=True, slots=True)
class EntryRight:
    """That a trader may enter for certain bytes: which artifact they are, under which policy and limits."""

    artifact_id: str
    policy_sha256: str
    risk: RiskProfile


@dataclass(frozen=True, slots=True)
class LoadedArtifact:
    """The strategy compiled from the very bytes whose hash was approved, with its parameters.

    `policy` is the mark of the policy it was approved under: its name, or `solo`.
    """

    artifact_id: str
    payload_sha256: str
    payload: ArtifactPayload
    strategy: Strategy
    params: Any
    policy: str
    policy_sha256: str
