"""Artifacts: their bytes, and who submitted them when."""

from collections.abc import Mapping

from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import parse_payload
from jax.domain.canonical_json import sha256_of
from jax.domain.record_row import RecordRow
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case


def check_artifacts(case: Case) -> Mapping[str, Artifact]:
    """The artifacts by id, as their columns say, also those with a finding."""
    found: dict[str, Artifact] = {}
    for row in case.rows("gate.artifact"):
        about = case.about(f"artifact {row.row.get('name')} {row.row.get('version')}")
        with about.noting():
            artifact = _artifact(row)
            found[artifact.artifact_id] = artifact
            _check_told(case, about, artifact)
            _check_payload(about, row, artifact)
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


def _check_told(case: Case, about: About, artifact: Artifact) -> None:
    told = case.claim(about, "artifact.submitted", artifact.artifact_id)
    if told is None:
        return
    about.compare(
        told.name,
        [
            ("author", artifact.author, told.actor),
            ("time", artifact.created_at, told.at),
            ("hash", artifact.payload_sha256, told.data.get("payload_sha256")),
        ],
    )


def _check_payload(about: About, row: RecordRow, artifact: Artifact) -> None:
    about.compare_columns(row, "its payload", {"payload_sha256": sha256_of(artifact.payload)})
    payload = parse_payload(artifact.payload)
    said = {"name": payload.name, "version": payload.version, "author": payload.author}
    about.compare_columns(row, "its payload", said)
