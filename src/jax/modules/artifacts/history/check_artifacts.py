"""Artifacts: their bytes, and who submitted them when."""

from collections.abc import Mapping

from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import parse_payload
from jax.domain.canonical_json import sha256_of
from jax.domain.record_row import RecordRow
from jax.modules.artifacts.history.read_record import Case


def check_artifacts(case: Case) -> Mapping[str, Artifact]:
    """The artifacts by id, as their columns say, also those with a finding."""
    found: dict[str, Artifact] = {}
    for row in case.rows("gate.artifact"):
        thing = f"artifact {row.row.get('name')} {row.row.get('version')}"
        with case.findings.noting(thing):
            artifact = _artifact(row)
            found[artifact.artifact_id] = artifact
            _check_told(case, thing, artifact)
            _check_payload(case, thing, row, artifact)
    return found


def _artifact(row: RecordRow) -> Artifact:
    return Artifact(
        artifact_id=row.text("artifact_id"),
        name=row.text("name"),
        version=row.text("version"),
        author=row.text("author"),
        payload=row.content("payload"),
        payload_sha256=row.text("payload_sha256"),
        created_at=row.moment("created_at"),
    )


def _check_told(case: Case, thing: str, artifact: Artifact) -> None:
    told = case.claim(thing, "artifact.submitted", artifact.artifact_id)
    if told is None:
        return
    case.findings.compare(
        thing,
        told.name,
        [
            ("author", artifact.author, told.actor),
            ("time", artifact.created_at, told.at),
            ("hash", artifact.payload_sha256, told.data.get("payload_sha256")),
        ],
    )


def _check_payload(case: Case, thing: str, row: RecordRow, artifact: Artifact) -> None:
    case.compare_columns(thing, row, "its payload", {"payload_sha256": sha256_of(artifact.payload)})
    payload = parse_payload(artifact.payload)
    said = {"name": payload.name, "version": payload.version, "author": payload.author}
    case.compare_columns(thing, row, "its payload", said)
