"""Takes a validator's signed evidence: DRAFT becomes VALIDATED."""

from collections.abc import Sequence

from jax.domain.approval_count import subject_name
from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.artifact_payload import parse_payload
from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.errors import IllegalTransition
from jax.domain.evidence import Evidence, check_evidence
from jax.domain.rerun import Rerun
from jax.modules.artifacts.gate_authority import TrustSource, authority_now
from jax.modules.artifacts.record_step import Act, record_step
from jax.ports.clock import Clock
from jax.ports.unit_of_work import UnitOfWork


class AcceptEvidence:
    """Metrics are the validator's own: nothing that the author computed is taken over."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock, trust: TrustSource) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock
        self._trust = trust

    def draft(self, artifact: Artifact, rerun: Rerun, *, validator: str) -> Evidence:
        """What the validator signs for this run; its statements are made with the payload's golden suite."""
        now = self._clock.now().replace(microsecond=0)
        return Evidence(subject_name(artifact), artifact.payload_sha256, validator, rerun, now)

    async def accept(self, artifact_id: str, envelopes: Sequence[bytes]) -> Artifact:
        """Verifies and stores re-run and golden result, and takes the step.

        GateRefused says what is missing or what differs, and stores nothing; IllegalTransition unless the
        artifact is a DRAFT; NotFound.
        """
        async with self._unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            if artifact.state is not ArtifactState.DRAFT:
                raise IllegalTransition(
                    f"artifact {subject_name(artifact)}", artifact.state, ArtifactState.VALIDATED
                )
            authority = await authority_now(transaction, self._trust(), self._clock.now())
            payload = parse_payload(artifact.payload)
            evidence = check_evidence(artifact, payload, envelopes, authority)
            for envelope in envelopes:
                data: Json = {
                    "payload_sha256": artifact.payload_sha256,
                    "envelope_sha256": sha256_of(envelope),
                }
                await transaction.audit.append(
                    AuditEvent("artifact.evidence", artifact_id, evidence.validator, authority.at, data)
                )
                await transaction.artifacts.add_evidence(artifact_id, envelope)
            act = Act(evidence.validator, "the backtest was run again, the golden suite passed", authority.at)
            return await record_step(transaction, artifact, ArtifactState.VALIDATED, act)
