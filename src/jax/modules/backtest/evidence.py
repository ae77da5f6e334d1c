"""What of a backtest goes before those who approve."""

from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.backtest_result import BacktestOrder, BacktestResult
from jax.domain.canonical_json import Json, canonical_bytes, sha256_of
from jax.domain.decimal_text import plain
from jax.modules.backtest.run_backtest import ENGINE_VERSION


def evidence_of(result: BacktestResult, *, run_id: str, trials: int = 1) -> BacktestEvidence:
    """The evidence of `result`; `trials` (>= 1) counts the parameter sets tried before this one.

    The engine draws no random numbers, so the seed is 0. Metrics that are not defined are left out.
    """
    return BacktestEvidence(
        run_id=run_id,
        engine_version=ENGINE_VERSION,
        seed=0,
        trials=trials,
        orders_sha256=orders_sha256(result),
        metrics=result.metrics.defined(),
    )


def orders_sha256(result: BacktestResult) -> str:
    """`sha256:` and the hash over the canonical JSON of every order, numbers as decimal strings."""
    return sha256_of(canonical_bytes([order_document(order) for order in result.orders]))


def order_document(order: BacktestOrder) -> dict[str, Json]:
    """One order as it is hashed; times in ISO 8601, null for what has not happened."""
    return {
        "symbol": order.symbol,
        "side": order.side.value,
        "order_type": order.order_type.value,
        "order_price": None if order.order_price is None else plain(order.order_price),
        "quantity": plain(order.quantity),
        "decided_at": order.decided_at.isoformat(),
        "filled_quantity": plain(order.filled_quantity),
        "filled_at": None if order.filled_at is None else order.filled_at.isoformat(),
        "price": None if order.price is None else plain(order.price),
        "commission": plain(order.commission),
        "reason": order.reason.value,
        "detail": order.detail,
    }
