"""Backtests as the wire has them."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from jax.app.http.problems import status_and_code_of
from jax.app.research.desk.backtest_view import BacktestPage, BacktestStatus, BacktestView
from jax.app.research.http.fields import Count, Figure, Figures, Hash, Identifier, Moment, StrategyName, Text
from jax.app.research.run_errors import RunEnded
from jax.domain.backtest_result import (
    BacktestOrder,
    BacktestOrderType,
    BacktestTrade,
    EquityPoint,
    OrderReason,
)
from jax.domain.errors import InvalidValue
from jax.domain.side import Side
from jax.ports.run_store import KeptRun

_Symbol = Annotated[str, Field(examples=["AAPL"])]


class BacktestProblem(BaseModel):
    """Why a run came to nothing, or cannot be shown; `field` names what was wrong, where one thing was."""

    code: str = Field(examples=["INVALID_VALUE"])
    field: str | None = Field(examples=["params"])
    detail: Text

    @classmethod
    def of(cls, error: Exception) -> "BacktestProblem":
        if isinstance(error, RunEnded):
            return cls(code=error.code, field=None, detail=str(error))
        known = status_and_code_of(error)
        if known is None:
            detail = "jax-research failed on this run; its log says why"
            return cls(code="INTERNAL_ERROR", field=None, detail=detail)
        field = error.field if isinstance(error, InvalidValue) else None
        return cls(code=known[1], field=field, detail=str(error))


class KeptRunBody(BaseModel):
    """What a run came to; `run_id` follows from all that went in, and is what `jax compare` takes."""

    run_id: Identifier
    engine_version: str = Field(examples=["jax-bars-3"])
    symbols: list[_Symbol]
    bars: Count
    first_end: Moment
    last_end: Moment
    params: dict[str, int | Figure] = Field(examples=[{"fast": 10, "first_target": "2.5"}])
    metrics: Figures
    rows: dict[str, int] = Field(examples=[{"equity": 2520, "orders": 80, "trades": 39}])
    hashes: dict[str, Hash] = Field(examples=[{"orders": "sha256:" + "5e" * 32}])

    @classmethod
    def of(cls, run: KeptRun) -> "KeptRunBody":
        same = ("run_id", "engine_version", "bars", "first_end", "last_end")
        return cls(
            **{field: getattr(run, field) for field in same},
            symbols=list(run.symbols),
            params=dict(run.params),
            metrics=dict(run.metrics),
            rows={table.value: count for table, count in run.rows.items()},
            hashes=dict(run.hashes),
        )


class BacktestAnswer(BaseModel):
    """A backtest as it stands: `result` when it is DONE, `problem` when it has FAILED.

    One that was canceled, or lost when the server stopped, has FAILED with the code CANCELED or LOST.
    """

    run_id: Identifier
    status: BacktestStatus
    progress: float = Field(ge=0, le=1, examples=[0.25])
    strategy: StrategyName
    request: dict[str, Any] = Field(
        description="What was asked for, with every setting.",
        examples=[{"strategy": "sma_crossover_v1", "symbols": ["AAPL"], "params": {"fast": 10}}],
    )
    asked_at: Moment
    ended_at: Moment | None
    result: KeptRunBody | None
    problem: BacktestProblem | None

    @classmethod
    def of(cls, view: BacktestView) -> "BacktestAnswer":
        same = ("run_id", "status", "progress", "asked_at", "ended_at")
        return cls(
            **{field: getattr(view, field) for field in same},
            strategy=str(view.request["strategy"]),
            request=dict(view.request),
            result=None if view.kept is None else KeptRunBody.of(view.kept),
            problem=None if view.error is None else BacktestProblem.of(view.error),
        )


class BacktestsAnswer(BaseModel):
    """Newest first; `next_cursor` asks for the next page, null on the last."""

    runs: list[BacktestAnswer]
    next_cursor: Identifier | None

    @classmethod
    def of(cls, page: BacktestPage) -> "BacktestsAnswer":
        return cls(runs=[BacktestAnswer.of(view) for view in page.views], next_cursor=page.next_cursor)


class OrderBody(BaseModel):
    """One order; prices and times are null where nothing was filled, `order_price` is null at the market."""

    symbol: _Symbol
    side: Side
    order_type: BacktestOrderType
    order_price: Figure | None
    quantity: Figure
    decided_at: Moment
    filled_quantity: Figure
    filled_at: Moment | None
    price: Figure | None
    commission: Figure
    reason: OrderReason
    detail: str = Field(examples=["aligned up"])

    @classmethod
    def of(cls, order: BacktestOrder) -> "OrderBody":
        return cls(**{field: getattr(order, field) for field in cls.model_fields})


class TradeBody(BaseModel):
    """A position from flat to flat; `net_pnl` is after all its costs."""

    symbol: _Symbol
    side: Side
    quantity: Figure
    entered_at: Moment
    entry_price: Figure
    exited_at: Moment
    exit_price: Figure
    exit_reason: OrderReason
    net_pnl: Figure

    @classmethod
    def of(cls, trade: BacktestTrade) -> "TradeBody":
        return cls(**{field: getattr(trade, field) for field in cls.model_fields})


class EquityBody(BaseModel):
    """The account at the end of a bar: equity = cash + positions_value."""

    end: Moment
    cash: Figure
    positions_value: Figure
    open_positions: Count
    equity: Figure

    @classmethod
    def of(cls, point: EquityPoint) -> "EquityBody":
        return cls(**{field: getattr(point, field) for field in cls.model_fields})


class OrdersAnswer(BaseModel):
    """As they were made; `next_cursor` asks for the next page, null on the last."""

    orders: list[OrderBody]
    next_cursor: Count | None


class TradesAnswer(BaseModel):
    """In the order of their exits; `next_cursor` asks for the next page, null on the last."""

    trades: list[TradeBody]
    next_cursor: Count | None


class EquityAnswer(BaseModel):
    """Oldest first; `next_cursor` asks for the next page, null on the last."""

    equity: list[EquityBody]
    next_cursor: Count | None
