"""What verifying an artifact with three approvals costs at load, beside the bare hashing of its bytes.

The first time, and again when all that follows from its bytes alone is remembered.
"""

import asyncio
from dataclasses import replace

from jax.domain import signed
from jax.domain.approval_count import Authority
from jax.domain.artifact import ApprovalKind, Artifact
from jax.domain.canonical_json import sha256_of
from jax.domain.gate_policy import DESK_POLICY
from jax.modules.artifacts import verify_artifact
from jax.modules.artifacts.verify_artifact import verify_bundle, verify_payload
from tests.bench.stopwatch import median_seconds
from tests.desk import open_desk, shipped_source, submission
from tests.gate_people import approval_envelope

_POLICY = replace(DESK_POLICY, quorum=dict.fromkeys(ApprovalKind, 1))


def run() -> None:
    async def prepared() -> tuple[Artifact, Authority]:
        async with open_desk() as desk:
            artifact = await desk.submit.submit(submission())
            artifact = await desk.gate.approve(artifact)
            return artifact, Authority(desk.gate.trust(), _POLICY, desk.clock.now())

    artifact, authority = asyncio.run(prepared())
    approvals = [approval_envelope(artifact, kind, policy=_POLICY) for kind in ApprovalKind]
    encoded = shipped_source().bundle.encoded()

    def verify() -> None:
        payload = verify_payload(artifact, artifact.payload, approvals, authority)
        verify_bundle(artifact, payload, encoded, _POLICY)

    def verify_for_the_first_time() -> None:
        for remembering in (signed._opened, verify_artifact._parsed, verify_artifact._strategy):
            remembering.cache_clear()
        verify()

    def bare() -> None:
        sha256_of(artifact.payload)
        sha256_of(encoded)

    verified, floor = median_seconds(verify_for_the_first_time, rounds=50), median_seconds(bare, rounds=50)
    again = median_seconds(verify, rounds=50)
    print(
        f"verification    {verified * 1e3:8.2f} ms a load with {len(approvals)} approvals  "
        f"({verified / floor:.0f} x hashing the same bytes; to stay under 5 ms), {again * 1e3:.2f} ms again"
    )
