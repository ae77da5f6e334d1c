"""artifact-approver release, rollback, revoke."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from jax.app import console
from jax.app.approver.gate import Gate
from jax.app.approver.options_cli import ArtifactName, Signing, example, print_result, usage_error
from jax.app.option_fields import taking
from jax.domain.approval_count import subject_name
from jax.modules.artifacts.release_artifact import Released

_UNTOLD = "The stop is in force; its entry in the record waits for the next revoke or release: {problem}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTerms(Signing):
    """An artifact, or a renewal, or a strategy that leaves."""

    artifact: Annotated[
        str | None,
        typer.Argument(metavar="ARTIFACT", help="Its id, `name@version`, or the start of id or hash."),
    ] = None
    is_renewal: Annotated[bool, typer.Option("--renew", help="The same hashes, for another life.")] = False
    withdrawn: Annotated[
        str | None, typer.Option("--withdraw", metavar="STRATEGY", help="The same without this strategy.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactTerms(Signing):
    """One artifact."""

    artifact: ArtifactName


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    releaser = "--as rene --reason"
    app.command(
        epilog=example(
            f'release ma_crossover_v1@1.0.0 {releaser} "go"',
            f'release --renew {releaser} "monthly"',
            f'release --withdraw ma_crossover_v1 {releaser} "end of test"',
        )
    )(release)
    app.command(epilog=example(f'rollback ma_crossover_v1@1.0.0 {releaser} "1.0.1 trades too much"'))(
        rollback
    )
    app.command(epilog=example('revoke ma_crossover_v1@1.0.0 --as rosa --reason "buys the wrong side"'))(
        revoke
    )


@taking(ReleaseTerms)
def release(terms: ReleaseTerms) -> None:
    """Sign the next snapshot: an APPROVED artifact trades from now on, in place of the version before it."""
    from jax.app.approver.releasing import release as release_artifact
    from jax.app.approver.releasing import renew
    from jax.app.approver.signing import hand_of

    if [terms.artifact is not None, terms.is_renewal, terms.withdrawn is not None].count(True) != 1:
        raise usage_error("name an artifact, or --renew, or --withdraw STRATEGY: one of the three")

    async def work(gate: Gate) -> Released:
        hand = hand_of(gate.home, terms.person, terms.key_file)
        if terms.artifact is None:
            return await renew(gate, hand, terms.reason, without=terms.withdrawn)
        return await release_artifact(gate, terms.artifact, hand, terms.reason, is_rollback=False)

    _release(terms, work)


@taking(ArtifactTerms)
def rollback(terms: ArtifactTerms) -> None:
    """Release a DEPRECATED version again, in one step; its approvals must still hold."""
    from jax.app.approver.releasing import release as release_artifact
    from jax.app.approver.signing import hand_of

    async def work(gate: Gate) -> Released:
        hand = hand_of(gate.home, terms.person, terms.key_file)
        return await release_artifact(gate, terms.artifact, hand, terms.reason, is_rollback=True)

    _release(terms, work)


@taking(ArtifactTerms)
def revoke(terms: ArtifactTerms) -> None:
    """Stop an artifact for good, from now on; whoever has a key in use may."""
    from jax.app.approver.documents import artifact_document, spelled
    from jax.app.approver.revoking import Stopped
    from jax.app.approver.revoking import revoke as revoke_artifact
    from jax.app.approver.session import at_the_gate
    from jax.app.approver.signing import hand_of

    async def run(gate: Gate) -> tuple[Stopped, str]:
        hand = hand_of(gate.home, terms.person, terms.key_file)
        return await revoke_artifact(gate, terms.artifact, hand, terms.reason), await gate.mark()

    stopped, mark = at_the_gate(run)
    recorded = stopped.revocation
    if stopped.history_problem is not None:
        console.note(f"{_UNTOLD.format(problem=stopped.history_problem)}  policy={mark}")
    print_result(
        terms.as_json,
        {
            **artifact_document(stopped.artifact, mark),
            "state": "REVOKED",
            "revocation_id": recorded.revocation_id,
            "revoker": recorded.revoker,
            "reason": recorded.reason,
            "revoked_at": spelled(recorded.revoked_at),
            "history_problem": stopped.history_problem,
        },
        f"{subject_name(stopped.artifact)} is REVOKED by {recorded.revoker}, for good  policy={mark}",
    )


def _release(terms: Signing, work: Callable[[Gate], Awaitable[Released]]) -> None:
    from jax.app.approver.documents import artifact_document, snapshot_document
    from jax.app.approver.revoking import tell_history
    from jax.app.approver.session import at_the_gate

    async def run(gate: Gate) -> tuple[Released, str | None, str]:
        released = await work(gate)
        # Stops whose entries had to wait, or that were made by SQL.
        problem = await tell_history(gate, actor=terms.person)
        return released, problem, await gate.mark()

    released, problem, mark = at_the_gate(run)
    snapshot = released.snapshot
    if problem is not None:
        console.note(f"Revocations could not be added to the record: {problem}  policy={mark}")
    print_result(
        terms.as_json,
        {
            "snapshot": snapshot_document(snapshot),
            "activated": [artifact_document(artifact, mark) for artifact in released.activated],
            "deprecated": [artifact_document(artifact, mark) for artifact in released.deprecated],
            "policy": mark,
        },
        f"Snapshot {snapshot.seq} by {snapshot.signer}, until {snapshot.expires_at:%Y-%m-%d %H:%M} UTC"
        f"  policy={mark}",
        *(f"{name} trades as {sha256}  policy={mark}" for name, sha256 in sorted(snapshot.active.items())),
        *(f"{subject_name(artifact)} is ACTIVE now  policy={mark}" for artifact in released.activated),
        *(f"{subject_name(artifact)} is DEPRECATED now  policy={mark}" for artifact in released.deprecated),
    )
