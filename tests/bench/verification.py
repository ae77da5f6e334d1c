"""What verifying an artifact at load costs, beside the bare hashing of its bytes."""

import asyncio

from jax.adapters.ed25519.verification import verify_ed25519
from jax.domain.approval_count import Authority
from jax.domain.artifact import ApprovalKind, Artifact
from jax.domain.canonical_json import sha256_of
from jax.modules.artifacts.verify_artifact import verify_bundle, verify_payload
from tests.bench.stopwatch import median_seconds
from tests.desk import active_artifact, open_desk, shipped_source


def run() -> None:
    async def prepared() -> tuple[Artifact, list[Approval]]:
        async with open_desk() as desk:
            artifact = await active_artifact(desk)
            async with desk.unit_of_work.begin() as transaction:
                return artifact, list(await transaction.artifacts.approvals(artifact.artifact_id))

    artifact, approvals = asyncio.run(prepared())
    encoded = shipped_source().bundle.encoded()

    def verify() -> None:
        payload = verify_payload(artifact, approvals, artifact.payload)
        verify_bundle(artifact, payload, encoded)

    def bare() -> None:
        sha256_of(artifact.payload)
        sha256_of(encoded)

    verified, floor = median_seconds(verify, rounds=50), median_seconds(bare, rounds=50)
    print(
        f"verification    {verified * 1e3:8.2f} ms a load  "
        f"({verified / floor:.0f} x hashing the same bytes; to stay under 5 ms)"
    )
