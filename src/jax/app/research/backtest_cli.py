"""jax backtest, strategies."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from jax.app import console
from jax.app.option_fields import taking
from jax.app.research.param_option_cli import ParamOption, as_usage, params_of
from jax.app.research.settings_options_cli import SettingsOptions
from jax.domain import checks
from jax.domain.errors import InvalidValue

_DAY = ["%Y-%m-%d"]
_LAST_MOMENT = timedelta(days=1) - timedelta(microseconds=1)
_SHOWN_ONE_BY_ONE = frozenset({"params", "metrics"})

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
StrategyName = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="Its name; `jax strategies` lists them.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(SettingsOptions):
    """Which bars, and what is assumed."""

    symbols: Annotated[
        list[str] | None,
        typer.Option(
            "--symbol", metavar="SYMBOL", help="May come several times; all that have bars if left out."
        ),
    ] = None
    first_day: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First day, UTC.")] = None
    last_day: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day, UTC.")] = None
    benchmark: Annotated[
        str | None, typer.Option("--benchmark", metavar="SYMBOL", help="What the result is compared with.")
    ] = None
    market: Annotated[
        str | None, typer.Option("--market", metavar="SYMBOL", help="The series whose trend is the market's.")
    ] = None

    @property
    def window(self) -> tuple[datetime | None, datetime | None]:
        """From the first moment of the first day to the last of the last, UTC."""
        first = None if self.first_day is None else self.first_day.replace(tzinfo=UTC)
        last = None if self.last_day is None else self.last_day.replace(tzinfo=UTC) + _LAST_MOMENT
        if first is not None and last is not None and not (first <= last):
            raise typer.BadParameter(
                f"{first.date()} comes after {last.date()}: name an earlier day, or a later --to",
                param_hint="--from",
            )
        return first, last

    @property
    def chosen_symbols(self) -> tuple[str, ...]:
        """Each symbol once, sorted."""
        return tuple(sorted({_symbol("--symbol", symbol) for symbol in self.symbols or ()}))

    @property
    def references(self) -> Mapping[str, str | None]:
        """The symbols of benchmark and market."""
        return {
            "benchmark": None if self.benchmark is None else _symbol("--benchmark", self.benchmark),
            "market": None if self.market is None else _symbol("--market", self.market),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestTerms(RunOptions):
    """One run of a strategy."""

    strategy: StrategyName
    params: ParamOption = None
    as_json: AsJson = False


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(epilog="Example: jax backtest sma_crossover_v1 --symbol AAPL --param fast=10 --cash 50000")(
        backtest
    )
    app.command(epilog="Example: jax strategies --json")(strategies)


@taking(BacktestTerms)
def backtest(terms: BacktestTerms) -> None:
    """Run a strategy on the stored bars, keep the run, and write a report."""
    from jax.app.home import home_folder
    from jax.app.research.backtest_run import BacktestRequest
    from jax.app.research.documents import backtest_document
    from jax.app.research.progress import progress_bar
    from jax.app.research.wiring import build_research

    first, last = terms.window
    request = BacktestRequest(
        strategy=terms.strategy,
        data_from=first,
        data_to=last,
        symbols=terms.chosen_symbols,
        params=params_of(terms.params or ()),
        settings=terms.settings(),
        **terms.references,
    )
    research = build_research(home_folder())
    with progress_bar("Backtesting", "bars") as bar:
        try:
            kept = asyncio.run(research.keep_backtest(request, bar.to))
        except InvalidValue as error:
            raise as_usage(error) from error
    document = backtest_document(kept.outcome, report_path=kept.report_path)
    if document["refused"] and not document["orders"]:
        console.note(
            f"no order was made, every decision was refused ({_listed(document['refused'])}); a strategy "
            "that names no stop needs --sizing all-in"
        )
    if terms.as_json:
        console.print_json(document)
        return
    for line in _lines(document):
        console.say(line)


def strategies(as_json: AsJson = False) -> None:
    """List the installed strategies: what they do, and their parameters with the defaults."""
    from jax.app.home import home_folder
    from jax.app.research.documents import strategy_document
    from jax.app.research.wiring import build_research

    found = build_research(home_folder()).strategies()
    if as_json:
        console.print_json({"strategies": [strategy_document(facts) for facts in found]})
        return
    for facts in found:
        console.say(facts.name)
        console.say(f"  {facts.summary}" if facts.problem is None else f"  cannot run: {facts.problem}")
        if facts.params:
            console.say("  " + " ".join(f"{name}={value}" for name, value in facts.params.items()))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        shown = value.items() if name in _SHOWN_ONE_BY_ONE else [(name, value)]
        for key, item in shown:
            if key != "settings" and item != {}:
                yield f"{key:<22} {_listed(item)}"


def _listed(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _symbol(option: str, written: str) -> str:
    try:
        return checks.symbol(option, written)
    except InvalidValue as error:
        raise typer.BadParameter(error.problem, param_hint=option) from error
