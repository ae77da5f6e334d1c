"""The command `jax-shadow`."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from jax.app import console
from jax.app.home import home_folder
from jax.app.option_fields import taking

if TYPE_CHECKING:
    from jax.app.shadow.wiring import Places
    from jax.modules.shadow.compare_decisions import Comparison

_PROGRAM = "jax-shadow"
app = console.new_app(
    "Compares what a shadow (jax-trader, MODE=shadow) has decided with what an older executor has traded.",
    program=_PROGRAM,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareTerms:
    """Which records, and how often."""

    legacy: Annotated[
        str, typer.Option(envvar="LEGACY_DATABASE_URL", show_default=False, help="The older one's database.")
    ]
    shadow: Annotated[
        str, typer.Option(envvar="DATABASE_URL", show_default=False, help="The shadow's database.")
    ]
    since: Annotated[str, typer.Option(help="From when on: 5d, or 2026-01-15T14:30Z.")]
    legacy_table: Annotated[str, typer.Option(help="Where the older one keeps its trades.")] = "trades"
    legacy_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=COLUMN",
            help="How it calls something, such as at=created_at; may come several times.",
        ),
    ] = None
    settle: Annotated[str, typer.Option(help="What is younger is left to the next comparison.")] = "60s"
    every: Annotated[str | None, typer.Option(help="Compare again and again, such as 1h.")] = None
    runs: Annotated[int, typer.Option(min=1, help="How often, with --every.")] = 120
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line a comparison.")] = False


@app.command(epilog="Example: jax-shadow compare --since 5d --every 1h --runs 120")
@taking(CompareTerms)
def compare(terms: CompareTerms) -> None:
    """By signal: missing, extra, symbol, side, quantity, price, stop, denial code; exits with 1 on any.

    With --every it goes on where it was when it was stopped; its state, its counters for Prometheus and its
    page are in JAX_HOME/shadow.
    """
    from jax.app.shadow.wiring import Places

    places = Places(terms.legacy, terms.shadow, terms.legacy_table, tuple(terms.legacy_column or ()))
    if asyncio.run(_once(places, terms) if terms.every is None else _validated(places, terms, terms.every)):
        raise typer.Exit(console.FAILED)


async def _once(places: "Places", terms: CompareTerms) -> bool:
    from jax.app.shadow.comparing import compare_once, document, table_lines
    from jax.app.shadow.wiring import open_sides
    from jax.app.spans import moment, span

    async with open_sides(places) as sides:
        since = moment("since", terms.since, now=sides.clock.now())
        comparison = await compare_once(sides, since, span("settle", terms.settle))
    if terms.as_json:
        console.print_json(document(comparison))
    else:
        for line in table_lines(comparison):
            console.say(line)
    return bool(comparison.differences)


async def _validated(places: "Places", terms: CompareTerms, every: str) -> bool:
    from jax.app.shadow.comparing import document
    from jax.app.shadow.validation import Validation
    from jax.app.shadow.wiring import open_sides

    folder = home_folder() / "shadow"
    async with open_sides(places) as sides:
        asked = {
            "sides": sides.names,
            "legacy_columns": ",".join(places.legacy_columns),
            "since": terms.since,
            "settle": terms.settle,
            "every": every,
            "runs": str(terms.runs),
        }

        def tell(comparison: "Comparison", line: str) -> None:
            console.print_json(document(comparison)) if terms.as_json else console.say(line)

        state = await Validation(folder, sides, asked).run(tell)
    console.note(f"{len(state.runs)} runs, {len(state.seen)} differences: see {folder / 'report.html'}")
    return bool(state.seen)


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=_PROGRAM)


if __name__ == "__main__":
    main()
