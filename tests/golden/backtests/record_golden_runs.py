"""Writes the golden runs afresh: `python -m tests.golden.backtests.record_golden_runs`, from the checkout.

A changed file is a changed result: read the difference, and say in the commit why it is right.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jax.app.research.documents import backtest_document
from jax.app.research.research import BacktestRequest, BacktestRun
from jax.app.research.wiring import build_research
from jax.domain.backtest_settings import AllIn, BacktestSettings
from jax.domain.decimal_text import plain
from jax.modules.backtest.evidence import order_document

FOLDER = Path(__file__).parent
# Those that give no stop cannot be sized by risk.
_UNSIZED = BacktestSettings(sizing=AllIn())
STRATEGIES: Mapping[str, BacktestSettings] = {
    "buy_and_hold": _UNSIZED,
    "ma_crossover_v1": BacktestSettings(),
    "macd_crossover_v1": BacktestSettings(),
    "rsi_momentum_v1": BacktestSettings(),
    "rsi_tema_bb_v1": BacktestSettings(),
    "sma_crossover_v1": _UNSIZED,
    "trendline_break_v1": BacktestSettings(),
}


def golden_document(run: BacktestRun) -> Mapping[str, Any]:
    """What must come again to the last digit; the source's hash is left out, since a comment changes it."""
    told = backtest_document(run, report_path="")
    kept = ("strategy", "symbols", "bars", "first_end", "last_end", "manifest_sha256", "orders_sha256")
    orders = run.result.orders
    return {
        **{name: told[name] for name in kept},
        "params": {name: str(value) for name, value in run.params.items()},
        "metrics": {name: plain(value) for name, value in run.evidence.metrics.items()},
        "final_equity": plain(run.result.equity[-1].equity),
        "orders": len(orders),
        "first_orders": [order_document(order) for order in orders[:5]],
        "last_orders": [order_document(order) for order in orders[-5:]],
    }


async def golden_run(home: Path, strategy: str) -> BacktestRun:
    """The run over all five sample series, start to end."""
    research = build_research(home)
    await research.import_bars()
    return await research.backtest(BacktestRequest(strategy, settings=STRATEGIES[strategy]))


def written(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def main() -> None:
    """With `--print NAME`, prints the document of that strategy instead of writing files."""
    with tempfile.TemporaryDirectory() as home:
        wanted = sys.argv[2:] if "--print" in sys.argv else [*STRATEGIES]
        for strategy in wanted:
            document = written(golden_document(asyncio.run(golden_run(Path(home), strategy))))
            if "--print" in sys.argv:
                sys.stdout.write(document)
                return
            (FOLDER / f"{strategy}.json").write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
