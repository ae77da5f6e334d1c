"""jax sweep, walkforward."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer

from jax.app import console
from jax.app.option_fields import taking
from jax.app.research.backtest_cli import AsJson, RunOptions, StrategyName
from jax.domain.errors import InvalidValue

_SETS = "Parameter sets"
_WORKERS = "Workers"
# A value that cannot be is a wrong use of its option.
_FLAGS = (
    "by",
    "embargo",
    "folds",
    "param",
    "processes",
    "purge",
    "sample",
    "seed",
    "test",
    "threads",
    "train",
)
_SHOWN = ("sharpe", "total_return", "max_drawdown", "trades")

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOptions(RunOptions):
    """Which parameter sets, which is best, and who runs them."""

    strategy: StrategyName
    params: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            metavar="NAME=VALUES",
            help="fast=5:40:5 (both ends included), fast=5,10,20 or fast=10; the default if left out.",
            rich_help_panel=_SETS,
        ),
    ] = None
    sample: Annotated[
        int | None,
        typer.Option("--sample", metavar="COUNT", help="So many of them, drawn.", rich_help_panel=_SETS),
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed draws the same sample.", rich_help_panel=_SETS)
    ] = 0
    by: Annotated[
        str, typer.Option("--by", metavar="METRIC", help="What makes a set the best.", rich_help_panel=_SETS)
    ] = "sharpe"
    threads: Annotated[
        int | None,
        typer.Option(
            "--threads", min=1, max=1000, help="As many as there are cores.", rich_help_panel=_WORKERS
        ),
    ] = None
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=1, max=1000, help="Instead of threads.", rich_help_panel=_WORKERS),
    ] = None
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Of the scheduler of a dask cluster, such as tcp://10.0.0.5:8786.",
            rich_help_panel=_WORKERS,
        ),
    ] = None
    as_json: AsJson = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTerms(SetOptions):
    """One sweep."""

    folds: Annotated[
        int | None,
        typer.Option("--folds", metavar="COUNT", help="Cross-validate in so many folds of time."),
    ] = None
    purge: Annotated[int, typer.Option("--purge", metavar="BARS", help="Left out before each fold.")] = 0
    embargo: Annotated[int, typer.Option("--embargo", metavar="BARS", help="Left out after each fold.")] = 0
    top: Annotated[int, typer.Option("--top", min=1, help="How many of the best to show.")] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkTerms(SetOptions):
    """One walk."""

    anchored: Annotated[
        bool,
        typer.Option(
            "--anchored/--rolling", help="Choose on all bars before a test, or on the last --train of them."
        ),
    ] = True
    train: Annotated[
        int | None, typer.Option("--train", metavar="BARS", help="To choose on before the first test.")
    ] = None
    test: Annotated[
        int | None, typer.Option("--test", metavar="BARS", help="To go on with what was chosen.")
    ] = None
    folds: Annotated[
        int | None, typer.Option("--folds", metavar="COUNT", help="So many tests, instead of --test; 5.")
    ] = None


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(
        epilog="Example: jax sweep sma_crossover_v1 --symbol AAPL --param fast=5:40:5 --param slow=50,100,200"
    )(sweep)
    app.command(
        epilog="Example: jax walkforward sma_crossover_v1 --symbol AAPL --param fast=5:40:5 --folds 8"
    )(walkforward)


@taking(SweepTerms)
def sweep(terms: SweepTerms) -> None:
    """Run a strategy under many parameters, and say what the best of so many is worth."""
    from jax.app.home import home_folder
    from jax.app.research.progress import progress_bar
    from jax.app.research.sweep_document import kept_sweep, sweep_document
    from jax.app.research.sweep_request import sweep_id_of
    from jax.app.research.sweep_run import FoldTerms
    from jax.app.research.sweep_wiring import build_sweeps, crew_of

    if terms.folds is None and (terms.purge or terms.embargo):
        raise typer.BadParameter(
            "--purge and --embargo are for cross-validation: pass --folds 5, for example"
        )
    sweeps = build_sweeps(home_folder())
    prepared = _asked(lambda: asyncio.run(sweeps.prepare(_request(terms))))
    folds = None if terms.folds is None else FoldTerms(terms.folds, terms.purge, terms.embargo)
    with crew_of(_choice(terms)) as crew, progress_bar("Sweeping", "combinations") as bar:
        outcome = _asked(lambda: sweeps.sweep(prepared, crew, terms=folds, progress=bar.to))
    more = {} if folds is None else {"folds": [folds.folds, folds.purge, folds.embargo]}
    sweep_id = sweep_id_of(prepared, "sw", **more)
    document = sweep_document(outcome, sweep_id=sweep_id, top=terms.top)
    kept = kept_sweep(outcome, document, sweep_id=sweep_id, kept_at=sweeps.now())
    path = asyncio.run(sweeps.keep(kept))
    if not outcome.has_traded:
        console.note("no set bought or sold: take more bars, or --sizing all-in for a strategy without stops")
    _tell(terms, {**document, "path": path}, _sweep_lines)


@taking(WalkTerms)
def walkforward(terms: WalkTerms) -> None:
    """Choose parameters on what was known at the time, again and again, and add up what they came to."""
    from jax.app.home import home_folder
    from jax.app.research.progress import progress_bar
    from jax.app.research.sweep_document import walk_document
    from jax.app.research.sweep_wiring import build_sweeps, crew_of
    from jax.modules.backtest.walk_forward import walk_windows

    sweeps = build_sweeps(home_folder())
    prepared = _asked(lambda: asyncio.run(sweeps.prepare(_request(terms))))
    windows = _asked(
        lambda: walk_windows(
            prepared.moments,
            train=terms.train,
            test=terms.test,
            folds=terms.folds,
            anchored=terms.anchored,
        )
    )
    with crew_of(_choice(terms)) as crew, progress_bar("Walking", "combinations") as bar:
        walked = _asked(lambda: sweeps.walk(prepared, windows, crew, progress=bar.to))
    _tell(terms, walk_document(walked, prepared), _walk_lines)


def _request(terms: SetOptions) -> Any:
    from jax.app.research.sweep_request import SweepRequest

    first, last = terms.window
    return SweepRequest(
        strategy=terms.strategy,
        params=tuple(terms.params or ()),
        data_from=first,
        data_to=last,
        symbols=terms.chosen_symbols,
        settings=terms.settings(),
        sample=terms.sample,
        seed=terms.seed,
        by=terms.by,
        **terms.references,
    )


def _choice(terms: SetOptions) -> Any:
    from jax.app.research.sweep_wiring import WorkerChoice

    if sum(given is not None for given in (terms.threads, terms.processes, terms.cluster)) > 1:
        raise typer.BadParameter("choose one of --threads, --processes and --cluster")
    return WorkerChoice(terms.threads, terms.processes, terms.cluster)


def _asked(action: Callable[[], _Found]) -> _Found:
    try:
        return action()
    except InvalidValue as error:
        option = error.field.partition(" ")[0]
        if option not in _FLAGS:
            raise
        shown = str(error) if error.field.startswith("param ") else error.problem
        raise typer.BadParameter(shown, param_hint=f"--{option}") from error


def _tell(
    terms: SetOptions, document: Mapping[str, Any], lines: Callable[[Mapping[str, Any]], Iterator[str]]
) -> None:
    if terms.as_json:
        console.print_json(document)
        return
    for line in lines(document):
        console.say(line)


def _sweep_lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['strategy']} on {', '.join(document['symbols'])}, {document['bars']} bars"
    yield _counted(document)
    yield ""
    columns = list(dict.fromkeys((document["by"], *_SHOWN)))
    best = document["best"]
    yield from _table(
        (*best[0]["params"], *columns),
        [(*one["params"].values(), *(one["metrics"].get(name, "-") for name in columns)) for one in best],
    )
    yield ""
    evidence = document["evidence"]
    yield f"deflated Sharpe ratio       {evidence['deflated_sharpe'] or 'not defined'}"
    yield f"probability of overfitting  {evidence['pbo'] or 'not defined'}"
    yield f"trials                      {evidence['trials']}"
    for number, fold in enumerate(document.get("cross_validation", ()), start=1):
        yield (
            f"fold {number}: {_named(fold['params'])} in training, "
            f"sharpe {fold['metrics'].get('sharpe', '-')} in the fold"
        )
    yield f"sweep                       {document['sweep_id']}"
    yield f"all sets                    {document['path']}"


def _walk_lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"{document['strategy']} on {', '.join(document['symbols'])}, {document['bars']} bars"
    yield _counted(document)
    yield ""
    by = document["by"]
    yield from _table(
        ("test from", "to", "chosen", f"{by} in", f"{by} out", "return out"),
        [
            (
                window["test"]["first_end"][:10],
                window["test"]["last_end"][:10],
                _named(window["params"]),
                window["in_sample"].get(by, "-"),
                window["out_of_sample"].get(by, "-"),
                window["out_of_sample"]["total_return"],
            )
            for window in document["windows"]
        ],
    )
    yield ""
    for name, value in document["metrics"].items():
        yield f"{name:<22} {value}"
    yield f"{'efficiency':<22} {document['efficiency'] or 'not defined'}"


def _counted(document: Mapping[str, Any]) -> str:
    refused = document["refused"]
    left_out = f", {refused:,} that it does not take left out" if refused else ""
    sets = document["sets"]
    return f"{sets:,} parameter set{'' if sets == 1 else 's'}{left_out}, the best by {document['by']}"


def _named(params: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in params.items())


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    cells = [list(heads), *(list(map(str, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
