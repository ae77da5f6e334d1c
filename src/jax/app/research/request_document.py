"""What was asked for as JSON, and back: it is kept with a run, and goes to the process that makes it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.app.research.backtest_run import BacktestOutcome, BacktestRequest
from jax.domain.backtest_settings import (
    AllIn,
    BacktestSettings,
    Costs,
    FillMoment,
    SlippageModel,
    settings_document,
)
from jax.domain.canonical_json import Json
from jax.domain.decimal_text import plain
from jax.domain.position_sizing import SizingLimits
from jax.ports.run_store import KeptRun, RunTable

_ALL_IN = "all in"


def request_document(request: BacktestRequest) -> dict[str, Json]:
    """The request: decimals as texts, times in ISO 8601, null for what is open."""
    return {
        "strategy": request.strategy,
        "symbols": list(request.symbols),
        "data_from": None if request.data_from is None else request.data_from.isoformat(),
        "data_to": None if request.data_to is None else request.data_to.isoformat(),
        "params": {
            name: value if isinstance(value, int) else plain(value) for name, value in request.params.items()
        },
        "settings": settings_document(request.settings),
        "benchmark": request.benchmark,
        "market": request.market,
    }


def request_of(document: Mapping[str, Any]) -> BacktestRequest:
    """The request that `request_document` gave the document of."""
    return BacktestRequest(
        strategy=document["strategy"],
        symbols=tuple(document["symbols"]),
        data_from=_moment(document["data_from"]),
        data_to=_moment(document["data_to"]),
        params={
            name: value if isinstance(value, int) else Decimal(value)
            for name, value in document["params"].items()
        },
        settings=settings_of(document["settings"]),
        benchmark=document["benchmark"],
        market=document["market"],
    )


def settings_of(document: Mapping[str, Any]) -> BacktestSettings:
    """The settings that `settings_document` gave the document of."""
    costs = document["costs"]
    rates = {name: Decimal(value) for name, value in costs.items() if name != "slippage"}
    sizing = document["sizing"]
    return BacktestSettings(
        initial_cash=Decimal(document["initial_cash"]),
        costs=Costs(slippage=SlippageModel(costs["slippage"]), **rates),
        sizing=AllIn()
        if sizing == _ALL_IN
        else SizingLimits(**{name: _number(value) for name, value in sizing.items()}),
        fill_at=FillMoment(document["fill_at"]),
        participation_fraction=_number(document["participation_fraction"]),
        short_selling=document["short_selling"],
        max_open_positions=document["max_open_positions"],
        max_daily_loss=_number(document["max_daily_loss"]),
    )


def kept_run_of(outcome: BacktestOutcome, request: BacktestRequest, *, kept_at: datetime) -> KeptRun:
    """What is kept of the run that was asked for so, beside its tables and its report."""
    result, manifest = outcome.result, outcome.manifest
    return KeptRun(
        run_id=outcome.run_id,
        kept_at=kept_at,
        engine_version=outcome.evidence.engine_version,
        strategy=outcome.source.name,
        symbols=tuple(entry.symbol for entry in manifest.series),
        bars=sum(entry.bars for entry in manifest.series),
        first_end=manifest.first_end,
        last_end=manifest.last_end,
        params=outcome.params,
        request=request_document(request),
        metrics=outcome.evidence.metrics,
        rows={
            RunTable.EQUITY: len(result.equity),
            RunTable.ORDERS: len(result.orders),
            RunTable.TRADES: len(result.trades),
        },
        hashes=outcome.hashes,
    )


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _number(written: str | None) -> Any:
    return None if written is None else Decimal(written)
