"""artifact-approver list, show, diff, validate, approve, reject."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from jax.app import console
from jax.app.approver.options_cli import (
    ArtifactName,
    AsJson,
    KeyFile,
    Person,
    Signing,
    example,
    print_result,
    usage_error,
)
from jax.app.option_fields import taking
from jax.domain.approval import Decision
from jax.domain.artifact import ApprovalKind
from jax.domain.visible_text import visible


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideTerms(Signing):
    """Which artifact, as what, and how sure."""

    artifact: ArtifactName
    kind: Annotated[
        ApprovalKind, typer.Option("--type", case_sensitive=False, help="What it is vouched for as.")
    ]
    is_certain: Annotated[bool, typer.Option("--yes", help="Ask nothing; only with --displayed-sha256.")] = (
        False
    )
    displayed_sha256: Annotated[
        str | None, typer.Option(metavar="HASH", help="What `show` told; refused when it would differ now.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateTerms:
    """Which artifact, and who vouches for the run."""

    artifact: ArtifactName
    person: Person
    key_file: KeyFile = None
    as_json: AsJson = False


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("list", epilog=example("list --json"))(list_artifacts)
    app.command(epilog=example("show ma_crossover_v1@1.0.0"))(show)
    app.command(epilog=example("diff ma_crossover_v1@1.0.1 --against ma_crossover_v1@1.0.0"))(diff)
    app.command(epilog=example("validate ma_crossover_v1@1.0.0 --as victor"))(validate)
    terms = "ma_crossover_v1@1.0.0 --as tessa --type TECHNICAL --reason"
    app.command(epilog=example(f'approve {terms} "read the code"'))(approve)
    app.command(epilog=example(f'reject {terms} "looks ahead"'))(reject)


def list_artifacts(as_json: AsJson = False) -> None:
    """Every artifact with its state."""
    from jax.app.approver.gate import Gate
    from jax.app.approver.listing import ListedArtifact, listed_artifacts
    from jax.app.approver.session import at_the_gate

    async def read(gate: Gate) -> tuple[list[ListedArtifact], str]:
        return await listed_artifacts(gate.unit_of_work), await gate.mark()

    found, mark = at_the_gate(read)
    document = {"artifacts": [item.document(mark) for item in found], "policy": mark}
    print_result(as_json, document, *(item.line(mark) for item in found))


def show(artifact: ArtifactName, as_json: AsJson = False) -> None:
    """What people decide on: payload, metrics, evidence, approvals, difference to what is released."""
    from jax.app.approver.gate import Gate
    from jax.app.approver.listing import shown_document
    from jax.app.approver.session import at_the_gate

    async def read(gate: Gate) -> dict[str, Any]:
        return await shown_document(gate, artifact)

    found = at_the_gate(read)
    print_result(as_json, found, found["displayed"], f"displayed {found['displayed_sha256']}")


def diff(
    artifact: ArtifactName,
    against: Annotated[
        str | None, typer.Option(metavar="ARTIFACT", help="The released version if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Every field and every line of code that differs from another version."""
    from jax.app.approver.gate import Gate
    from jax.app.approver.listing import difference_document
    from jax.app.approver.session import at_the_gate

    async def read(gate: Gate) -> dict[str, Any]:
        return await difference_document(gate, artifact, against)

    found = at_the_gate(read)
    print_result(as_json, found, found["title"], found["displayed"])


@taking(ValidateTerms)
def validate(terms: ValidateTerms) -> None:
    """Run the backtest again in another process, sign what came of it: DRAFT becomes VALIDATED."""
    from jax.app.approver.documents import artifact_document, evidence_document
    from jax.app.approver.gate import Gate
    from jax.app.approver.session import at_the_gate
    from jax.app.approver.signing import hand_of
    from jax.app.approver.validating import Validated, hand_in, run_again
    from jax.app.research.progress import progress_bar

    async def run(gate: Gate) -> tuple[Validated, str]:
        hand = hand_of(gate.home, terms.person, terms.key_file)
        with progress_bar("Running again", "bars") as bar:
            ran = await run_again(gate, terms.artifact, hand, bar.to)
        for sentence in ran.differences:
            console.note(visible(sentence))
        return await hand_in(gate, ran, hand), await gate.mark()

    validated, mark = at_the_gate(run)
    artifact = validated.artifact
    print_result(
        terms.as_json,
        {
            **artifact_document(artifact, mark),
            "evidence": evidence_document(validated.evidence),
        },
        f"{artifact.name} {artifact.version} is {artifact.state}: {terms.person}'s run made the same orders, "
        f"metrics and golden cases  policy={mark}",
    )


@taking(DecideTerms)
def approve(terms: DecideTerms) -> None:
    """Show an artifact, ask, and sign an approval of exactly what was shown."""
    _decide(terms, Decision.APPROVE)


@taking(DecideTerms)
def reject(terms: DecideTerms) -> None:
    """Show an artifact, ask, and sign a rejection, which no approval outweighs."""
    _decide(terms, Decision.REJECT)


def _decide(terms: DecideTerms, decision: Decision) -> None:
    from jax.app.approver.deciding import Ask, decide, what_is_missing
    from jax.app.approver.documents import approval_document, artifact_document
    from jax.app.approver.gate import Gate
    from jax.app.approver.session import at_the_gate
    from jax.app.approver.signing import hand_of
    from jax.modules.artifacts.accept_approval import Decided

    if terms.is_certain and terms.displayed_sha256 is None:
        raise usage_error("--yes goes with --displayed-sha256 only: the hash that `show` told")
    ask = Ask(terms.artifact, terms.kind, decision, terms.reason, terms.is_certain, terms.displayed_sha256)

    async def run(gate: Gate) -> tuple[Decided, str | None, str]:
        hand = hand_of(gate.home, terms.person, terms.key_file)
        decided = await decide(gate, ask, hand, console.note if terms.as_json else console.say)
        return decided, await what_is_missing(gate, decided.artifact.artifact_id), await gate.mark()

    decided, missing, mark = at_the_gate(run)
    artifact, approval = decided.artifact, decided.approval
    print_result(
        terms.as_json,
        {
            **artifact_document(artifact, mark),
            "approval": approval_document(approval),
            "missing": missing,
        },
        f"{approval.decision} of {artifact.name} {artifact.version} by {approval.approver} as "
        f"{approval.kind} until {approval.expires_at:%Y-%m-%d}; it is {artifact.state}  policy={mark}",
        *([] if missing is None else [f"{missing}  policy={mark}"]),
    )
