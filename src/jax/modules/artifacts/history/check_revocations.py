"""Revocations: what stopped an artifact, and whether the audit log has been told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jax.domain import checks
from jax.domain.approval_count import subject_name
from jax.domain.artifact import Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.record_row import RecordRow, moment_of
from jax.domain.revocation import revocation_of
from jax.domain.signed import SignatureRefused
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.told import Told
from jax.modules.artifacts.history.trust_at import trust_at

_UNTOLD = "no entry of the audit log tells of it yet: the next `artifact-approver revoke` or `release` does"


@dataclass(frozen=True, slots=True)
class Revoked:
    """`payload_sha256` was stopped at `at`; entry `n` tells of it, None until it is told."""

    payload_sha256: str
    at: datetime
    n: int | None


def check_revocations(case: Case, artifacts: Mapping[str, Artifact]) -> tuple[Revoked, ...]:
    """All that are stored: they stop trading, whatever else is wrong with them."""
    found = []
    names = {artifact.payload_sha256: subject_name(artifact) for artifact in artifacts.values()}
    for row in case.rows("gate.revocation"):
        payload_sha256 = str(row.row.get("payload_sha256"))
        of = names.get(payload_sha256, payload_sha256)
        about = case.about(f"revocation {row.row.get('revocation_id')} of {of}")
        with about.noting():
            told = case.record.told.claim("gate.revocation", row.text("revocation_id"))
            if told is None:
                about.add(_UNTOLD)
            told_n = None if told is None else told.n
            revoked_hash = checks.sha256("payload_sha256", row.text("payload_sha256"))
            found.append(Revoked(revoked_hash, row.moment("revoked_at"), told_n))
            envelope = None if row.is_null("envelope") else row.content("envelope")
            if told is not None:
                _check_told(about, row, envelope, told)
            if envelope is not None:
                _check_envelope(case, about, row, envelope)
    return tuple(found)


def _check_told(about: About, row: RecordRow, envelope: bytes | None, told: Told) -> None:
    columns = {column: told.data.get(column) for column in ("payload_sha256", "revoker", "reason")}
    about.compare_columns(row, told.name, columns)
    moment = moment_of("revoked_at", written=str(told.data.get("revoked_at")))
    sha256 = None if envelope is None else sha256_of(envelope)
    fields = [
        ("time", row.moment("revoked_at"), moment),
        ("envelope", sha256, told.data.get("envelope_sha256")),
    ]
    about.compare(told.name, fields)


def _check_envelope(case: Case, about: About, row: RecordRow, envelope: bytes) -> None:
    signed = trust_at(case.trust, row.moment("revoked_at")).open(envelope)
    revocation = revocation_of(signed.statement)
    columns = {c: getattr(revocation, c) for c in ("payload_sha256", "revoker", "reason")}
    about.compare_columns(row, "its envelope", columns)
    if signed.key.person != revocation.revoker or signed.key.ended is not None:
        raise SignatureRefused(f"the key is not one that {revocation.revoker} used then")
