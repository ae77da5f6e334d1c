"""jax golden."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jax.app import console

if TYPE_CHECKING:
    from jax.app.golden.run import Compared, Target

_HELP = "Baselines of what the services answer: captured once, with a reason, and compared ever after."

File = Annotated[
    Path, typer.Argument(metavar="FILE", help="The baseline, such as tests/golden/services/signals.json.")
]
TraderUrl = Annotated[
    str, typer.Option("--trader", metavar="URL", help="A new jax-trader that trades on paper.")
]
ResearchUrl = Annotated[
    str, typer.Option("--research", metavar="URL", help="jax-research serve on the same database.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why it changes; kept in the baseline.")
]
_CAPTURE = 'Example: jax golden capture tests/golden/services/signals.json --reason "stops are wider now"'
_TRADER, _RESEARCH = "http://127.0.0.1:8100", "http://127.0.0.1:8091"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    golden = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="rich")
    golden.command(epilog=_CAPTURE)(capture)
    golden.command(epilog="Example: jax golden compare tests/golden/services/signals.json --json")(compare)
    app.add_typer(golden, name="golden")


def capture(
    file: File,
    reason: Reason,
    trader: TraderUrl = _TRADER,
    research: ResearchUrl = _RESEARCH,
    as_json: AsJson = False,
) -> None:
    """Asks the baseline's requests and writes the answers of now into it."""
    from jax.app.golden.run import capture as capture_baseline

    capture_baseline(_target(file, trader=trader, research=research), reason=reason)
    if as_json:
        console.print_json({"file": str(file), "reason": reason})
        return
    console.say(f"{file} holds what was answered now: {reason}")


def compare(
    file: File,
    trader: TraderUrl = _TRADER,
    research: ResearchUrl = _RESEARCH,
    as_json: AsJson = False,
) -> None:
    """Asks the baseline's requests and shows where the answers differ; 1 when they do."""
    from jax.app.golden.run import compare as compare_baseline

    compared = compare_baseline(_target(file, trader=trader, research=research))
    if as_json:
        told = {"file": str(file), "exchanges": compared.exchanges, "equal": not compared.differences}
        console.print_json({**told, "differences": [asdict(found) for found in compared.differences]})
    else:
        for line in _told(compared, file):
            console.say(line)
    if compared.differences:
        raise typer.Exit(console.FAILED)


def _target(file: Path, *, trader: str, research: str) -> "Target":
    from jax.app.golden.run import Target

    return Target(file, {"jax-trader": trader, "jax-research": research})


def _told(compared: "Compared", file: Path) -> Iterator[str]:
    for difference in compared.differences:
        yield from difference.lines()
    count = len(compared.differences)
    if not count:
        yield f"{file.stem}: all {compared.exchanges} exchanges are as in the baseline"
        return
    yield f"{file.stem}: {count} difference{'s' * (count != 1)} from the baseline ({compared.reason})"
    yield f"If that is right: jax golden capture {file} --reason ..."
