"""artifact-approver: shows what waits at the promotion gate and what became of it."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from jax.app import console
from jax.app.approver.wiring import open_gate
from jax.app.home import home_folder
from jax.domain.artifact import Artifact
from jax.ports.unit_of_work import Transaction

_Found = TypeVar("_Found")
_PROGRAM = "artifact-approver"
app = console.new_app(
    "Shows artifacts, their approvals and their history. Signing and approving come with the signed gate.",
    program=_PROGRAM,
)
_AS_JSON = typer.Option(False, "--json", help="Print one JSON object.")


@app.command("list", epilog="Example: artifact-approver list --json")
def list_artifacts(as_json: bool = _AS_JSON) -> None:
    """Every artifact with its state."""

    async def read(transaction: Transaction) -> list[dict[str, Any]]:
        return [_summary(artifact) for artifact in await transaction.artifacts.list()]

    artifacts = _read(read)
    if as_json:
        console.print_json({"artifacts": artifacts})
    else:
        _print_table(["state", "name", "version", "artifact_id", "payload_sha256"], artifacts)


@app.command(epilog="Example: artifact-approver show 0b9f0a52-8a7c-4d5e-9a57-3c8f0e0f6f11")
def show(artifact_id: str, as_json: bool = _AS_JSON) -> None:
    """One artifact: its payload, who approved it, and every step it took."""

    async def read(transaction: Transaction) -> dict[str, Any]:
        artifact = await transaction.artifacts.get(artifact_id)
        approvals = await transaction.artifacts.approvals(artifact_id)
        history = await transaction.artifacts.history(artifact_id)
        return {
            **_summary(artifact),
            "payload": artifact.payload.decode(),
            "approvals": [
                {"kind": a.kind, "approver": a.approver, "at": a.approved_at.isoformat(), "notes": a.notes}
                for a in approvals
            ],
            "history": [
                {"n": e.n, "to": e.to_state, "actor": e.actor, "at": e.at.isoformat(), "reason": e.reason}
                for e in history
            ],
        }

    found = _read(read)
    if as_json:
        console.print_json(found)
        return
    _print_table(["state", "name", "version", "author", "payload_sha256"], [found])
    _print_table(["kind", "approver", "at", "notes"], found["approvals"])
    _print_table(["n", "to", "actor", "at", "reason"], found["history"])


def _read(read: Callable[[Transaction], Awaitable[_Found]]) -> _Found:
    async def reading() -> _Found:
        async with (
            open_gate(home_folder(), os.environ.get("DATABASE_URL")) as gate,
            gate.begin() as transaction,
        ):
            return await read(transaction)

    return asyncio.run(reading())


def _summary(artifact: Artifact) -> dict[str, Any]:
    return {
        "artifact_id": artifact.artifact_id,
        "name": artifact.name,
        "version": artifact.version,
        "author": artifact.author,
        "state": artifact.state,
        "payload_sha256": artifact.payload_sha256,
    }


def _print_table(columns: list[str], rows: list[dict[str, Any]]) -> None:
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[column]) for column in columns))
    Console(soft_wrap=True).print(table)


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=_PROGRAM)


if __name__ == "__main__":
    main()
