"""Every check between an artifact in the store and a strategy that may decide."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from jax.domain.approval_count import Authority, GateRefused, check_quorum
from jax.domain.artifact import LOADABLE_STATES, Artifact
from jax.domain.artifact_payload import ArtifactPayload, parse_payload
from jax.domain.bundle import decode_bundle
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.gate_policy import GatePolicy
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import BundleRefused, load_strategy

# A trader verifies the same bytes again and again: what follows from them alone is remembered for so many.
_REMEMBERED = 512


class VerificationFailed(Exception):
    """The artifact must not trade; the message says which check failed."""


def payload_key(payload_sha256: str) -> str:
    """Where the object store keeps a payload."""
    return f"payloads/{payload_sha256.removeprefix('sha256:')}.json"


def bundle_key(bundle_sha256: str) -> str:
    """Where the object store keeps a bundle."""
    return f"bundles/{bundle_sha256.removeprefix('sha256:')}.json"


def golden_suite_key(golden_suite_sha256: str) -> str:
    """Where the object store keeps a golden suite."""
    return f"golden/{golden_suite_sha256.removeprefix('sha256:')}.json"


def verify_payload(
    artifact: Artifact, stored_copy: bytes, approvals: Sequence[bytes], authority: Authority
) -> ArtifactPayload:
    """The payload, if state, hash, copy, columns and signed approvals agree; VerificationFailed otherwise."""
    if artifact.state not in LOADABLE_STATES:
        raise VerificationFailed(f"its state is {artifact.state}")
    actual = sha256_of(artifact.payload)
    if actual != artifact.payload_sha256:
        raise VerificationFailed(f"its payload hashes to {actual}, the record says {artifact.payload_sha256}")
    if sha256_of(stored_copy) != actual:
        raise VerificationFailed(
            f"its copy in the object store hashes to {sha256_of(stored_copy)}, the database's to {actual}"
        )
    try:
        payload = _parsed(artifact.payload)
    except InvalidValue as error:
        raise VerificationFailed(str(error)) from error
    for field in ("name", "version", "author"):
        if getattr(payload, field) != getattr(artifact, field):
            raise VerificationFailed(f"its {field} is {getattr(artifact, field)}, the payload says otherwise")
    try:
        check_quorum(artifact, approvals, authority)
    except GateRefused as error:
        raise VerificationFailed(str(error)) from error
    return payload


def verify_bundle(
    artifact: Artifact, payload: ArtifactPayload, encoded: bytes, policy: GatePolicy
) -> LoadedArtifact:
    """The strategy that runs exactly the bytes `encoded`, if their hash is the approved one."""
    try:
        strategy, params = _compiled(payload, encoded)
    except VerificationFailed:
        raise
    except (BundleRefused, InvalidValue) as error:
        raise VerificationFailed(f"its source bundle is refused: {error}") from error
    except Exception as error:
        # The bundle's own code ran: whatever it does, it must not keep the others from loading.
        raise VerificationFailed(f"its strategy fails with {type(error).__name__}: {error}") from error
    return LoadedArtifact(
        artifact_id=artifact.artifact_id,
        payload_sha256=artifact.payload_sha256,
        payload=payload,
        strategy=strategy,
        params=params,
        policy=policy.mark,
        policy_sha256=policy.sha256,
    )


def _compiled(payload: ArtifactPayload, encoded: bytes) -> tuple[Strategy, Any]:
    strategy = _strategy(encoded, payload.bundle_sha256, payload.entry)
    if strategy.name != payload.name:
        raise VerificationFailed(f"its bundle holds {strategy.name}, the payload names {payload.name}")
    return strategy, strategy_params(strategy, payload.params)


@lru_cache(maxsize=_REMEMBERED)
def _parsed(payload: bytes) -> ArtifactPayload:
    return parse_payload(payload)


@lru_cache(maxsize=_REMEMBERED)
def _strategy(encoded: bytes, bundle_sha256: str, entry: str) -> Strategy:
    bundle = decode_bundle(encoded)
    if bundle.sha256 != bundle_sha256:
        raise VerificationFailed(
            f"its source bundle hashes to {bundle.sha256}, the payload names {bundle_sha256}"
        )
    return load_strategy(bundle, entry)


def strategy_params(strategy: Strategy, given: Mapping[str, int | Decimal]) -> Any:
    """The strategy's own parameter tuple; InvalidValue when a name or a value is wrong."""
    expected = set(strategy.params._fields)
    if set(given) != expected:
        raise InvalidValue("params", f"{strategy.name} takes {sorted(expected)}, not {sorted(given)}")
    params = type(strategy.params)(
        **{name: value if isinstance(value, int) else float(value) for name, value in given.items()}
    )
    problem = strategy.check_params(params)
    if problem:
        raise InvalidValue("params", f"{strategy.name} {problem}")
    return params
