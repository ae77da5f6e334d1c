"""jax compare."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from jax.app import console
from jax.app.research.backtest_cli import AsJson


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(epilog="Example: jax compare btxb2c... btq7fd...")(compare)


def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="The id of a run; `jax backtest` prints it.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The id of the run to compare it with.")],
    as_json: AsJson = False,
) -> None:
    """Two runs side by side, and whether they differ by more than chance."""
    from jax.app.home import home_folder
    from jax.app.research.compare_runs import compare_kept
    from jax.app.research.comparison_document import comparison_document
    from jax.app.research.wiring import runs_in

    found = asyncio.run(compare_kept(a, b, runs=runs_in(home_folder())))
    document = comparison_document(found)
    if as_json:
        console.print_json(document)
        return
    for line in _side_by_side(document):
        console.say(line)


def _side_by_side(document: Mapping[str, Any]) -> Iterator[str]:
    a, b = document["a"], document["b"]
    rows: list[tuple[str, Sequence[Any]]] = [
        (name, (a[name], b[name])) for name in ("run_id", "strategy", "first_end", "last_end")
    ]
    rows += [(name, (pair["a"], pair["b"])) for name, pair in document["metrics"].items()]
    for name, values in rows:
        shown = ("-" if value is None else str(value) for value in values)
        yield f"{name:<22} {'  '.join(f'{value:<36}' for value in shown)}".rstrip()
    significance = document["significance"]
    if significance is None:
        yield f"significance           none: {document['problem']}"
        return
    for name in ("sharpe", "mean_return"):
        found = significance[name]
        if found is not None:
            yield (
                f"{name + ' A - B':<22} {found['value']}, 95 % from {found['low']} to {found['high']}, "
                f"p = {found['p_value']}"
            )
