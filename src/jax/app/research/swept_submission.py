"""What a finished sweep hands to the gate: its best set, its bars, and how many sets were tried."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.app.research.backtest_run import BacktestRequest
from jax.domain.errors import InvalidValue
from jax.ports.sweep_store import SweepStore


@dataclass(frozen=True, slots=True)
class SweptSubmission:
    """The backtest of the best set, which is the best of `trials`."""

    request: BacktestRequest
    trials: int


async def swept_submission(sweeps: SweepStore, sweep_id: str, *, strategy: str) -> SweptSubmission:
    """What to submit of the sweep; NotFound, Unavailable; InvalidValue when it is of another strategy."""
    summary: Any = (await sweeps.get(sweep_id)).summary
    if summary["strategy"] != strategy:
        raise InvalidValue(
            "--sweep", f"{sweep_id} is of {summary['strategy']}, not of {strategy}: submit that one"
        )
    best = summary["best"][0]["params"]
    return SweptSubmission(
        BacktestRequest(
            strategy=strategy,
            data_from=datetime.fromisoformat(summary["first_end"]),
            data_to=datetime.fromisoformat(summary["last_end"]),
            symbols=tuple(summary["symbols"]),
            params={
                name: value if isinstance(value, int) else Decimal(value) for name, value in best.items()
            },
        ),
        trials=summary["evidence"]["trials"],
    )
