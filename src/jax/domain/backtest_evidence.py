"""What a backtest leaves behind for those who approve."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks
from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class BacktestEvidence:
    """`orders_sha256` is the hash of every order the run made; the same inputs always give the same one.

    `trials` counts the parameter sets that were tried before this one was chosen (>= 1).
    """

    run_id: str
    engine_version: str
    seed: int
    trials: int
    orders_sha256: str
    metrics: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        checks.text("run_id", self.run_id, longest=64)
        checks.text("engine_version", self.engine_version, longest=32)
        checks.sha256("orders_sha256", self.orders_sha256)
        if self.trials < 1:
            raise InvalidValue("trials", f"must be at least 1, not {self.trials}")
        for name, value in self.metrics.items():
            checks.finite(f"metrics.{name}", value)
