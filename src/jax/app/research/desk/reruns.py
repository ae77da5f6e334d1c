"""The validator's run of an artifact's backtest, and the evidence that is signed for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax.app.research.desk.background_runs import BackgroundRuns, Run, RunProgress
from jax.app.research.desk.parts import DeskParts
from jax.app.research.rerun_process import rerun_in_another_process
from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import Artifact, ArtifactState
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.errors import IllegalTransition
from jax.domain.evidence import Evidence
from jax.domain.gate_key import GateRole
from jax.domain.rerun import differences
from jax.domain.statement import Statement
from jax.modules.artifacts.accept_evidence import AcceptEvidence
from jax.modules.artifacts.gate_authority import policy_in_force
from jax.modules.artifacts.verify_artifact import bundle_key, golden_suite_key
from jax.modules.artifacts.view_artifact import checked_payload


@dataclass(frozen=True, slots=True)
class RerunResult:
    """What the run made.

    `statements` are what the validator signs; there is none when `differences` say, a sentence each, what is
    not as the payload promises.
    """

    evidence: Evidence
    statements: tuple[Statement, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedRerun:
    """Which artifact, and for whom."""

    artifact_id: str
    validator: str


RerunRun = Run[AskedRerun, RerunResult]


@dataclass(frozen=True, slots=True)
class Validated:
    """The artifact after the step, and the mark of the policy in force."""

    artifact: Artifact
    policy: str | None


class Reruns:
    """Every run is a process of its own, which starts from the payload and the bars of this home alone."""

    def __init__(self, parts: DeskParts, runs: BackgroundRuns[AskedRerun, RerunResult]) -> None:
        self._parts = parts
        self._runs = runs
        self._accepting = AcceptEvidence(
            unit_of_work=parts.unit_of_work, clock=parts.clock, trust=parts.trust
        )

    async def start(self, artifact_id: str, *, validator: str) -> RerunRun:
        """The run, or the one that is under way for the same artifact and validator.

        NotFound; IllegalTransition unless the artifact is a DRAFT; GateRefused for somebody whose evidence
        would not count, whatever the run makes; Unavailable when too many runs are waiting.
        """
        async with self._parts.unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            policy = await policy_in_force(transaction, self._parts.trust())
        if artifact.state is not ArtifactState.DRAFT:
            raise IllegalTransition(
                f"artifact {subject_name(artifact)}", artifact.state, ArtifactState.VALIDATED
            )
        self._check_validator(artifact, validator, may_be_author=policy.solo)
        payload = checked_payload(artifact)

        async def work(progress: RunProgress) -> RerunResult:
            return await self._run_again(artifact, payload, validator, progress)

        return self._runs.start(AskedRerun(artifact_id, validator), work)

    def get(self, run_id: str) -> RerunRun:
        """The run as it stands; NotFound."""
        return self._runs.get(run_id)

    async def accept(self, artifact_id: str, envelopes: Sequence[bytes]) -> Validated:
        """Verifies and stores evidence, and takes the step; raises as AcceptEvidence does."""
        artifact = await self._accepting.accept(artifact_id, envelopes)
        return Validated(artifact, await self._parts.policy_mark_if_told())

    def _check_validator(self, artifact: Artifact, validator: str, *, may_be_author: bool) -> None:
        if validator == artifact.author and not may_be_author:
            raise GateRefused(f"{validator} wrote {subject_name(artifact)} and cannot validate it")
        keys = self._parts.trust().root.keys
        if not any(k.person == validator and GateRole.VALIDATOR in k.roles and k.ended is None for k in keys):
            raise GateRefused(f"{validator} has no key in use with the VALIDATOR role")

    async def _run_again(
        self, artifact: Artifact, payload: ArtifactPayload, validator: str, progress: RunProgress
    ) -> RerunResult:
        objects = self._parts.objects
        rerun = await rerun_in_another_process(
            self._parts.home,
            payload_bytes=artifact.payload,
            bundle_bytes=await objects.get(bundle_key(payload.bundle_sha256)),
            golden_bytes=await objects.get(golden_suite_key(payload.golden_suite_sha256)),
            progress=progress,
        )
        evidence = self._accepting.draft(artifact, rerun, validator=validator)
        found = differences(payload, rerun)
        statements = () if found else evidence.statements(payload.golden_suite_sha256)
        return RerunResult(evidence, statements, found)
