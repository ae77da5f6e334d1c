"""artifact-approver log."""

from pathlib import Path
from typing import Annotated

import typer

from jax.app.approver.gate import Gate
from jax.app.approver.options_cli import AsJson, example, print_result, usage_error


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(
        epilog=example("log ma_crossover_v1@1.0.0", "log --trade tr_5d0c", "log --export gate-export.jsonl")
    )(log)


def log(
    artifact: Annotated[
        str | None, typer.Argument(metavar="ARTIFACT", help="Only what is of this one.")
    ] = None,
    trade: Annotated[
        str | None, typer.Option(metavar="TRADE_ID", help="By what this trade was allowed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many of the newest entries.")] = 100,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all of the record to a file for `verify`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The record: its newest entries, an artifact's, where a trade comes from, or all of it to a file."""
    from jax.app.approver.recorded import Page, entries_of, newest_entries, provenance_of
    from jax.app.approver.session import at_the_gate

    if sum(wanted is not None for wanted in (artifact, trade, export)) > 1:
        raise usage_error("name an artifact, --trade or --export, not several")
    if export is not None:
        _export(export, as_json)
        return

    async def read(gate: Gate) -> Page:
        if trade is not None:
            return await provenance_of(gate, trade)
        if artifact is not None:
            return await entries_of(gate, artifact, limit=limit)
        return await newest_entries(gate, limit=limit)

    page = at_the_gate(read)
    print_result(as_json, page.document, *page.lines)


def _export(path: Path, as_json: bool) -> None:
    from jax.app.approver.history import export_to
    from jax.app.approver.session import at_the_gate

    async def run(gate: Gate) -> tuple[int, str]:
        return await export_to(gate, path), await gate.mark()

    lines, mark = at_the_gate(run)
    print_result(
        as_json,
        {"file": str(path), "lines": lines, "policy": mark},
        f"{path} holds the record in {lines} lines  policy={mark}",
    )
