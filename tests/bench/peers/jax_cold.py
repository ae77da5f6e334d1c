"""What a process does for its first result: 10,000 bars of the domain, from nothing to a BacktestResult.

`python -m tests.bench.peers.jax_cold FOLDER` runs the compiled loops, whose machine code is in the folder by
now; without a folder, the same loops run as plain Python. Its whole life is what counts.
"""

import json
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.bar import Bar, Timeframe
from jax.domain.instrument import Instrument
from jax.domain.strategies.sma_crossover_v1 import STRATEGY
from jax.modules.backtest.run_backtest import BacktestInputs, CompiledStrategy, run_backtest
from tests.bench.peers.works import columns

_BARS = 10_000
_FIRST_OPEN = datetime(1990, 1, 1, 14, 30, tzinfo=UTC)
_SESSION = timedelta(hours=6, minutes=30)


def main() -> None:
    """Prints the total return, as JSON."""
    made = columns(0, _BARS)
    rows = zip(*(column.tolist() for column in made[:5]), strict=True)
    bars = [
        Bar("COLD", Timeframe.DAY, start, start + _SESSION, *map(_decimal, row))
        for start, row in zip((_FIRST_OPEN + timedelta(days=day) for day in range(_BARS)), rows, strict=True)
    ]
    instruments = {"COLD": Instrument("COLD", "XNAS", "USD", Decimal("0.01"), Decimal(1))}
    settings = BacktestSettings(sizing=AllIn(), short_selling=False)
    inputs = BacktestInputs(STRATEGY, STRATEGY.params, {"COLD": bars}, instruments, settings)
    result = run_backtest(inputs, compiled=_compiled(sys.argv[1:]))
    print(json.dumps({"total_return": str(result.metrics.total_return)}))


def _compiled(folders: list[str]) -> CompiledStrategy | None:
    if not folders:
        return None
    # Numba alone takes its time to import: the plain run goes without.
    from jax.adapters.compute.numba_kernels import NumbaKernels

    return CompiledStrategy("bench cold", NumbaKernels(Path(folders[0])))


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


if __name__ == "__main__":
    main()
