"""Gathers what a person is shown of an artifact, and believes neither the database nor the object store."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax.domain.approval_count import Authority, GateRefused, check_quorum, count_approvals, subject_name
from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import ArtifactPayload, parse_payload
from jax.domain.bundle import Bundle, decode_bundle
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.evidence import Evidence, check_evidence
from jax.modules.artifacts.artifact_view import ArtifactView, ShownVersion
from jax.modules.artifacts.gate_authority import TrustSource, authority_now
from jax.modules.artifacts.release_artifact import newest_snapshot
from jax.modules.artifacts.verify_artifact import bundle_key
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError
from jax.ports.object_store import ObjectStore
from jax.ports.unit_of_work import Transaction, UnitOfWork


@dataclass(frozen=True, slots=True)
class ViewParts:
    """What viewing needs of the world."""

    unit_of_work: UnitOfWork
    object_store: ObjectStore
    clock: Clock
    trust: TrustSource


class ViewArtifact:
    """Reads only."""

    def __init__(self, parts: ViewParts) -> None:
        self._parts = parts

    async def view(self, artifact_id: str) -> ArtifactView:
        """The artifact with its evidence and approvals, beside the version that is released.

        NotFound; InvalidValue when its payload cannot be read; GateRefused when the gate has no policy, or
        the stored bytes are not those of the artifact's hash.
        """
        async with self._parts.unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
            authority = await authority_now(transaction, self._parts.trust(), self._parts.clock.now())
            evidence_envelopes = await transaction.artifacts.evidence(artifact_id)
            envelopes = await transaction.artifacts.approvals(artifact_id)
            released, release_problem = await _released(transaction, artifact, authority)
        version = await self._version(artifact)
        evidence, evidence_problem = _evidence(version, evidence_envelopes, authority)
        return ArtifactView(
            version=version,
            policy=authority.policy,
            evidence=evidence,
            evidence_problem=evidence_problem,
            approvals=count_approvals(artifact, envelopes, authority),
            missing=_missing(artifact, envelopes, authority),
            released=None if released is None else await self._version(released),
            release_problem=release_problem,
        )

    async def version(self, artifact_id: str) -> ShownVersion:
        """The artifact alone; raises as `view` does."""
        async with self._parts.unit_of_work.begin() as transaction:
            artifact = await transaction.artifacts.get(artifact_id)
        return await self._version(artifact)

    async def _version(self, artifact: Artifact) -> ShownVersion:
        payload = checked_payload(artifact)
        try:
            bundle = _checked_bundle(
                await self._parts.object_store.get(bundle_key(payload.bundle_sha256)), payload
            )
        except (PortError, InvalidValue) as error:
            return ShownVersion(artifact, payload, None, str(error))
        return ShownVersion(artifact, payload, bundle)


def checked_payload(artifact: Artifact) -> ArtifactPayload:
    """The payload behind the hash that people sign.

    GateRefused when the stored bytes have another hash, or the stored columns say otherwise than they do;
    InvalidValue when they cannot be read.
    """
    name = subject_name(artifact)
    actual = sha256_of(artifact.payload)
    if actual != artifact.payload_sha256:
        raise GateRefused(
            f"the payload of {name} hashes to {actual}, its record says {artifact.payload_sha256}"
        )
    try:
        payload = parse_payload(artifact.payload)
    except InvalidValue as error:
        raise InvalidValue(f"artifact {name}", f"cannot be read ({error})") from error
    for field in ("name", "version", "author"):
        if getattr(payload, field) != getattr(artifact, field):
            raise GateRefused(
                f"the {field} of {name} is another one in its payload, {getattr(payload, field)}"
            )
    return payload


def _checked_bundle(encoded: bytes, payload: ArtifactPayload) -> Bundle:
    bundle = decode_bundle(encoded)
    if bundle.sha256 != payload.bundle_sha256:
        raise InvalidValue("bundle", f"hashes to {bundle.sha256}, the payload names {payload.bundle_sha256}")
    return bundle


async def _released(
    transaction: Transaction, artifact: Artifact, authority: Authority
) -> tuple[Artifact | None, str | None]:
    # Not whatever the database calls ACTIVE: a forged one, nearly the same as a bad version, would make the
    # bad version's difference look small.
    try:
        snapshot = await newest_snapshot(transaction, authority.trust)
    except GateRefused as error:
        return None, str(error)
    named = {} if snapshot is None else snapshot.active
    payload_sha256 = named.get(artifact.name)
    if payload_sha256 is None:
        return None, f"no version of {artifact.name} is released"
    if payload_sha256 == artifact.payload_sha256:
        return None, "it is the released version itself"
    try:
        released = await transaction.artifacts.by_sha256(payload_sha256)
        if (released.name, released.payload_sha256) != (artifact.name, payload_sha256):
            return None, "the database gives another artifact for the released one's hash"
        checked_payload(released)
    except (NotFound, GateRefused, InvalidValue) as error:
        return None, f"the released version cannot be shown: {error}"
    return released, None


def _evidence(
    version: ShownVersion, envelopes: Sequence[bytes], authority: Authority
) -> tuple[Evidence | None, str | None]:
    try:
        return check_evidence(version.artifact, version.payload, envelopes, authority), None
    except GateRefused as error:
        return None, str(error)


def _missing(artifact: Artifact, envelopes: Sequence[bytes], authority: Authority) -> str | None:
    try:
        check_quorum(artifact, envelopes, authority)
    except GateRefused as error:
        return str(error)
    return None
