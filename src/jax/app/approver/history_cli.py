"""artifact-approver verify, checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from jax.app import console
from jax.app.approver.gate import Gate
from jax.app.approver.options_cli import AsJson, KeyFile, Person, example, print_result
from jax.app.home import home_folder
from jax.app.option_fields import taking
from jax.domain.checkpoint import Checkpoint
from jax.domain.signed import Trust
from jax.modules.artifacts.verify_history import HistoryVerdict


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog=example("verify", "verify gate-export.jsonl --checkpoint /secure/jax.checkpoint"))(
        verify
    )
    app.command(epilog=example("checkpoint /secure/jax-2026-03-01.checkpoint --as audrey"))(
        taking(CheckpointTerms)(checkpoint)
    )


def verify(
    export: Annotated[
        Path | None,
        typer.Argument(metavar="EXPORT", help="What `log --export` wrote; the database if left out."),
    ] = None,
    checkpoint_file: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help="What the record must agree with.")
    ] = None,
    root_file: Annotated[
        Path | None, typer.Option("--root", metavar="FILE", help="The root file, if not this machine's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check chain, hashes, signatures, quorums and trades: all that is recorded. 3 if anything is wrong."""
    from jax.app.approver.history import read_checkpoint, verify_export, verify_stored
    from jax.app.approver.history_wiring import trust_of
    from jax.app.approver.session import at_the_gate
    from jax.app.gate_wiring import root_path

    trust = trust_of(root_path(home_folder()) if root_file is None else root_file)
    kept = None if checkpoint_file is None else read_checkpoint(checkpoint_file)
    if export is not None:
        verdict = verify_export(export, trust, kept)
    else:
        verdict = at_the_gate(lambda gate: verify_stored(gate, trust, kept))
    print_result(as_json, _verdict_document(verdict, trust), *_verdict_lines(verdict, trust))
    if verdict.findings:
        raise typer.Exit(console.REFUSED_BY_POLICY)
    if kept is None:
        console.note("Whether the newest entries were dropped is seen only with --checkpoint.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointTerms:
    """What `checkpoint` is told."""

    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where; keep it where no database admin writes.")
    ]
    person: Person
    earlier: Annotated[
        Path | None,
        typer.Option("--after", metavar="FILE", help="An earlier one, which the record must agree with."),
    ] = None
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False
    key_file: KeyFile = None
    as_json: AsJson = False


def checkpoint(terms: CheckpointTerms) -> None:
    """Verify the record, and sign where it stands: what is dropped or rewritten later is seen by it."""
    from jax.app.approver.history import Place, make_checkpoint
    from jax.app.approver.session import at_the_gate
    from jax.app.approver.signing import hand_of

    hand = hand_of(home_folder(), terms.person, terms.key_file)
    place = Place(terms.file, terms.earlier, overwrite=terms.force)

    async def run(gate: Gate) -> tuple[Checkpoint, str]:
        return await make_checkpoint(gate, place, hand), await gate.mark()

    made, mark = at_the_gate(run)
    head = made.log_head
    print_result(
        terms.as_json,
        {
            "file": str(terms.file),
            "n": head.n,
            "entry_sha256": head.entry_sha256,
            "snapshot_seq": made.snapshot_seq,
            "revoked": list(made.revoked),
            "auditor": made.auditor,
            "issued": made.issued_at.isoformat(),
            "policy": mark,
        },
        f"{terms.file} holds entry {head.n}, {head.entry_sha256}, snapshot {made.snapshot_seq} and "
        f"{len(made.revoked)} revoked  policy={mark}",
    )


def _verdict_document(verdict: HistoryVerdict, trust: Trust) -> dict[str, object]:
    head, kept = verdict.head, verdict.checkpoint
    return {
        "findings": [{"thing": found.thing, "problem": found.problem} for found in verdict.findings],
        "entries": verdict.entries,
        "artifacts": verdict.artifacts,
        "trades": verdict.trades,
        "head": None if head is None else {"n": head.n, "entry_sha256": head.entry_sha256},
        "snapshot_seq": verdict.snapshot_seq,
        "revoked": list(verdict.revoked),
        "checkpoint": None if kept is None else {"n": kept.log_head.n, "auditor": kept.auditor},
        "root_sha256": trust.root.sha256,
        "solo": trust.root.solo,
    }


def _verdict_lines(verdict: HistoryVerdict, trust: Trust) -> list[str]:
    mark = "  policy=solo" if trust.root.solo else ""
    looked_at = f"{verdict.entries} entries, {verdict.artifacts} artifacts and {verdict.trades} trades"
    if verdict.findings:
        findings = "finding" if len(verdict.findings) == 1 else "findings"
        return [*map(str, verdict.findings), f"{len(verdict.findings)} {findings} in {looked_at}{mark}"]
    kept = verdict.checkpoint
    against = "" if kept is None else f", as {kept.auditor} saw it at entry {kept.log_head.n}"
    return [f"All holds{against}: {looked_at}{mark}"]
