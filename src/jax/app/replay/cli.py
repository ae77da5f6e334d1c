"""jax replay."""

import asyncio
from typing import Annotated

import typer

from jax.app import console

_EXAMPLE = "Example: jax replay --since 7d --account paper --json"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog=_EXAMPLE)(replay)


def replay(
    since: Annotated[str, typer.Option(help="From when on: 7d, or 2026-01-15T14:30Z.")],
    account: Annotated[str | None, typer.Option(help="Only the decisions about this account.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")] = False,
) -> None:
    """Decides again, from its recorded inputs, every decision about an order; exits with 1 on a difference.

    The inputs are in the audit log of the trader's database (DATABASE_URL, or the one in JAX_HOME): signal,
    quote, clock, limits, controls, what was held and ordered. The rules are those of this version.
    """
    from jax.app.replay.run import replay as replay_decisions
    from jax.modules.execution.replay_decisions import Outcome

    result = asyncio.run(replay_decisions(since, account))
    if as_json:
        console.print_json(result.document())
    else:
        for line in result.lines():
            console.say(line)
    if result.counts[Outcome.DIFFERENT]:
        raise typer.Exit(console.FAILED)
