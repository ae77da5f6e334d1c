"""artifact-approver submit."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from jax.app.approver.options_cli import AsJson, example, print_result, usage_error
from jax.app.option_fields import taking
from jax.app.research.param_option_cli import ParamOption, as_usage, params_of
from jax.domain import checks
from jax.domain.artifact import Artifact
from jax.domain.errors import InvalidValue
from jax.domain.risk_profile import RiskProfile

_DAY = ["%Y-%m-%d"]
_LAST_MOMENT = timedelta(days=1) - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitTerms:
    """The backtest, the author, and the risk profile that goes with it."""

    strategy: Annotated[str, typer.Argument(help="Its name; `jax strategies` lists them.")]
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Who answers for it.")]
    first_day: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First day, UTC.")] = None
    last_day: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day, UTC.")] = None
    symbols: Annotated[str, typer.Option(help="Separated by commas; all that have bars if empty.")] = ""
    params: ParamOption = None
    trials: Annotated[
        int | None, typer.Option(min=1, help="How many variants were tried before this one.  [default: 1]")
    ] = None
    sweep: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Takes the best parameters of that `jax sweep`, its bars, and its number of trials.",
        ),
    ] = None
    max_position_pct: Annotated[str, typer.Option(help="Largest position, as a fraction of equity.")] = "0.20"
    max_daily_loss: Annotated[str, typer.Option(help="In the account's currency.")] = "1000"
    max_order_notional: Annotated[str, typer.Option(help="Of one order.")] = "1000000"
    max_orders_per_min: Annotated[int, typer.Option(min=1, help="Of the artifact.")] = 60
    price_collar_pct: Annotated[str, typer.Option(help="How far a price may lie from the market's.")] = "0.5"
    order_types: Annotated[str, typer.Option(help="Separated by commas.")] = "LIMIT,MARKET"
    venues: Annotated[str, typer.Option(help="Brokers, separated by commas.")] = "paper"
    auto_approve_confidence: Annotated[
        str | None,
        typer.Option(
            help="From this confidence on, such as 0.9, signals need no person's approval.  [default: none]"
        ),
    ] = None
    as_json: AsJson = False


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(
        epilog=example(
            "submit ma_crossover_v1 --author ada --to 2011-12-31 --symbols AAPL,MSFT",
            "submit ma_crossover_v1 --author ada --sweep ID",
        ),
    )(submit)


@taking(SubmitTerms)
def submit(terms: SubmitTerms) -> None:
    """Backtest a strategy and hand it in as a DRAFT; the same submission again changes nothing."""
    from jax.app.approver.documents import artifact_document
    from jax.app.approver.gate import Gate
    from jax.app.approver.session import at_the_gate
    from jax.app.approver.submitting import Authorship, submit_backtest
    from jax.app.research.progress import progress_bar
    from jax.app.research.research import BacktestRequest
    from jax.app.research.sweep_wiring import sweeps_in
    from jax.app.research.swept_submission import swept_submission

    risk = _risk(terms)
    own = BacktestRequest(
        strategy=terms.strategy,
        data_from=None if terms.first_day is None else terms.first_day.replace(tzinfo=UTC),
        data_to=None if terms.last_day is None else terms.last_day.replace(tzinfo=UTC) + _LAST_MOMENT,
        symbols=_listed(terms.symbols),
        params=params_of(terms.params or ()),
    )
    if terms.sweep is not None and (own != BacktestRequest(terms.strategy) or terms.trials is not None):
        raise usage_error(
            "--sweep says which parameters, bars and trials it was: leave out --param, --from, --to, "
            "--symbols and --trials"
        )

    async def run(gate: Gate) -> tuple[Artifact, str]:
        request, trials = own, terms.trials or 1
        if terms.sweep is not None:
            swept = await swept_submission(sweeps_in(gate.home), terms.sweep, strategy=terms.strategy)
            request, trials = swept.request, swept.trials
        authorship = Authorship(terms.author, risk, trials)
        with progress_bar("Backtesting", "bars") as bar:
            artifact = await submit_backtest(gate, request, authorship, bar.to)
        return artifact, await gate.mark()

    try:
        artifact, mark = at_the_gate(run)
    except InvalidValue as error:
        raise as_usage(error) from error
    print_result(
        terms.as_json,
        artifact_document(artifact, mark),
        f"{artifact.name} {artifact.version} is {artifact.state}  policy={mark}",
        f"artifact {artifact.artifact_id}",
        f"payload  {artifact.payload_sha256}",
    )


def _risk(terms: SubmitTerms) -> RiskProfile:
    return RiskProfile(
        max_position_fraction=_limit("--max-position-pct", terms.max_position_pct),
        max_daily_loss=_limit("--max-daily-loss", terms.max_daily_loss),
        allowed_order_types=_listed(terms.order_types),
        max_order_notional=_limit("--max-order-notional", terms.max_order_notional),
        max_orders_per_minute=terms.max_orders_per_min,
        price_collar_fraction=_limit("--price-collar-pct", terms.price_collar_pct),
        venues=_listed(terms.venues),
        auto_approve_confidence=_confidence(terms.auto_approve_confidence),
    )


def _confidence(written: str | None) -> Decimal | None:
    if written is None:
        return None
    try:
        return checks.fraction("--auto-approve-confidence", Decimal(written))
    except (InvalidOperation, InvalidValue) as error:
        raise usage_error(
            f"--auto-approve-confidence: {written} is not a number above 0 and at most 1, such as 0.9"
        ) from error


def _limit(option: str, written: str) -> Decimal:
    try:
        return checks.positive(option, Decimal(written))
    except (InvalidOperation, InvalidValue) as error:
        raise usage_error(f"{option}: {written} is not a decimal number above zero, such as 0.2") from error


def _listed(written: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in written.split(",") if part.strip())
