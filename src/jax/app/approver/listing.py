"""What list, show and diff print."""

from dataclasses import dataclass
from typing import Any

from jax.app.approver.documents import artifact_document, event_document, view_document
from jax.app.approver.find_artifact import find_artifact
from jax.app.approver.gate import Gate
from jax.domain.approval_count import GateRefused, subject_name
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.visible_text import visible
from jax.modules.artifacts.artifact_view import ShownVersion
from jax.modules.artifacts.display_artifact import displayed
from jax.modules.artifacts.display_difference import displayed_difference, field_changes
from jax.modules.artifacts.view_artifact import checked_payload
from jax.ports.unit_of_work import UnitOfWork

_HASH_SHOWN = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class ListedArtifact:
    """An artifact, and why its payload is not to be read or believed, if so."""

    artifact: Artifact
    problem: str | None

    def document(self, mark: str) -> dict[str, Any]:
        """For --json."""
        return {**artifact_document(self.artifact, mark), "problem": self.problem}

    def line(self, mark: str) -> str:
        """For a person."""
        artifact = self.artifact
        shown = (
            f"{artifact.state:<10} {subject_name(artifact):<28} {artifact.author:<10} {artifact.artifact_id}"
        )
        problem = "" if self.problem is None else f"  {visible(self.problem)}"
        return f"{shown}  {artifact.payload_sha256[:_HASH_SHOWN]}  policy={mark}{problem}"


async def listed_artifacts(unit_of_work: UnitOfWork) -> list[ListedArtifact]:
    """All, oldest first."""
    async with unit_of_work.begin() as transaction:
        artifacts = await transaction.artifacts.list()
    return [ListedArtifact(artifact, _problem(artifact)) for artifact in artifacts]


async def shown_document(gate: Gate, wanted: str) -> dict[str, Any]:
    """The view of an artifact with the text that people decide on, its hash, and the steps taken so far."""
    artifact = await find_artifact(gate.unit_of_work, wanted)
    view = await gate.viewer.view(artifact.artifact_id)
    async with gate.unit_of_work.begin() as transaction:
        history = await transaction.artifacts.history(artifact.artifact_id)
    text = displayed(view)
    return {
        **view_document(view),
        "history": [event_document(event) for event in history],
        "displayed": text,
        "displayed_sha256": sha256_of(text.encode()),
    }


async def difference_document(gate: Gate, wanted: str, against: str | None) -> dict[str, Any]:
    """From `against`, or the released version, or nothing at all, to the artifact."""
    artifact = await find_artifact(gate.unit_of_work, wanted)
    if against is None:
        view = await gate.viewer.view(artifact.artifact_id)
        before, after, why = view.released, view.version, view.release_problem
    else:
        base = await find_artifact(gate.unit_of_work, against)
        before, after, why = await _version(gate, base), await _version(gate, artifact), None
    mark = await gate.mark()
    named = "nothing" if before is None else subject_name(before.artifact)
    reason = "" if why is None else f" ({why})"
    return {
        "title": f"{subject_name(artifact)} against {named}{visible(reason)}  policy={mark}",
        "artifact": artifact_document(artifact, mark),
        "against": None if before is None else artifact_document(before.artifact, mark),
        "fields": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in (() if before is None else field_changes(before=before, after=after))
        ],
        "displayed": displayed_difference(before=before, after=after),
        "policy": mark,
    }


async def _version(gate: Gate, artifact: Artifact) -> ShownVersion:
    return await gate.viewer.version(artifact.artifact_id)


def _problem(artifact: Artifact) -> str | None:
    try:
        checked_payload(artifact)
    except (InvalidValue, GateRefused) as error:
        return str(error)
    return None
