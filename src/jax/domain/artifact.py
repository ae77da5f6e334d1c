"""A strategy version as people approve it, and the steps of its life (promotion gate)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from jax.domain import checks
from jax.domain.errors import IllegalTransition, InvalidValue


class ArtifactState(StrEnum):
    """DRAFT > VALIDATED > REVIEWED > APPROVED > ACTIVE > DEPRECATED; REVOKED from any of them, for good."""

    DRAFT = "DRAFT"
    VALIDATED = "VALIDATED"
    REVIEWED = "REVIEWED"
    APPROVED = "APPROVED"
    ACTIVE = "ACTIVE"
    DEPRECATED = "DEPRECATED"
    REVOKED = "REVOKED"


_A = ArtifactState
ARTIFACT_TRANSITIONS: Mapping[ArtifactState, frozenset[ArtifactState]] = MappingProxyType(
    {
        _A.DRAFT: frozenset({_A.VALIDATED, _A.REVOKED}),
        _A.VALIDATED: frozenset({_A.REVIEWED, _A.REVOKED}),
        _A.REVIEWED: frozenset({_A.APPROVED, _A.REVOKED}),
        _A.APPROVED: frozenset({_A.ACTIVE, _A.REVOKED}),
        _A.ACTIVE: frozenset({_A.DEPRECATED, _A.REVOKED}),
        _A.DEPRECATED: frozenset({_A.ACTIVE, _A.REVOKED}),
        _A.REVOKED: frozenset(),
    }
)
LOADABLE_STATES = frozenset({_A.APPROVED, _A.ACTIVE})


class ApprovalKind(StrEnum):
    """What an approver vouches for."""

    TECHNICAL = "TECHNICAL"
    RISK = "RISK"
    COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True, slots=True)
class Artifact:
    """`payload` is canonical JSON; `payload_sha256` is its hash; the rest is read from it."""

    artifact_id: str
    name: str
    version: str
    author: str
    payload: bytes
    payload_sha256: str
    created_at: datetime
    state: ArtifactState = ArtifactState.DRAFT

    def __post_init__(self) -> None:
        checks.text("artifact_id", self.artifact_id, longest=64)
        checks.name("name", self.name)
        checks.text("version", self.version, longest=32)
        checks.person("author", self.author)
        checks.sha256("payload_sha256", self.payload_sha256)
        checks.utc("created_at", self.created_at)


@dataclass(frozen=True, slots=True)
class ArtifactEvent:
    """Step `n` (from 1) of an artifact's history; the first leads from None to DRAFT.

    Raises IllegalTransition for a step that the table lacks.
    """

    artifact_id: str
    n: int
    from_state: ArtifactState | None
    to_state: ArtifactState
    payload_sha256: str
    actor: str
    reason: str
    at: datetime

    def __post_init__(self) -> None:
        checks.text("artifact_id", self.artifact_id, longest=64)
        checks.sha256("payload_sha256", self.payload_sha256)
        checks.text("actor", self.actor)
        checks.text("reason", self.reason, longest=2000)
        checks.utc("at", self.at)
        if self.n < 1 or (self.n == 1) != (self.from_state is None):
            raise InvalidValue("n", f"step {self.n} cannot lead from {self.from_state}")
        following = {_A.DRAFT} if self.from_state is None else ARTIFACT_TRANSITIONS[self.from_state]
        if self.to_state not in following:
            raise IllegalTransition(
                f"artifact {self.artifact_id}", self.from_state or "nothing", self.to_state
            )
