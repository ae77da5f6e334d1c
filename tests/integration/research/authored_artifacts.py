"""A home with bars, and artifacts as authors make them, honest or not."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from jax.adapters.parquet.json_series_register import JsonSeriesRegister
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.app.research.rerun_process import rerun_in_another_process
from jax.app.research.research import BacktestRequest, BacktestRun
from jax.app.research.wiring import build_research
from jax.domain.artifact_payload import ArtifactPayload, payload_of
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.bundle import Bundle, SourceFile, bundle_of
from jax.domain.instrument import Instrument
from jax.domain.rerun import Rerun
from jax.domain.strategies.ma_crossover_v1 import STRATEGY, Params
from jax.domain.strategy import Strategy
from jax.modules.artifacts.submit_artifact import DataWindow, Environment, Submission, build_payload
from jax.modules.backtest.evidence import evidence_of
from jax.modules.backtest.run_backtest import BacktestInputs, run_backtest
from tests.desk import submission
from tests.price_waves import price_waves

# Short averages on short waves: plenty of orders within few bars.
PARAMS = {"fast": 5, "middle": 12, "slow": 30, "range_length": 10, "volume_length": 20}
SYMBOLS = ("AAPL", "IBM")
DAYS = 400
BARS = {symbol: tuple(price_waves(symbol, DAYS, period_days=80.0)) for symbol in SYMBOLS}
INSTRUMENTS = {symbol: Instrument(symbol, "XNYS", "USD", Decimal("0.01"), Decimal(1)) for symbol in SYMBOLS}
_CHANGED_FILE = "jax/domain/strategies/ma_crossover_v1.py"


@dataclass(frozen=True, slots=True)
class Authored:
    """What a validator is handed."""

    payload: ArtifactPayload
    bundle: Bundle
    golden_suite: bytes


async def stock(home: Path, *, seed: int = 0) -> None:
    """Puts the bars into `home`; another `seed` makes other bars of the same symbols and days."""
    bars = [bar for symbol in SYMBOLS for bar in price_waves(symbol, DAYS, seed=seed, period_days=80.0)]
    await ParquetMarketData(home / "market_data").append(bars)
    await JsonSeriesRegister(home / "market_data").record("waves", list(INSTRUMENTS.values()))


def author_run(home: Path) -> BacktestRun:
    """The author's own backtest of the shipped strategy, in this process."""
    return asyncio.run(build_research(home).backtest(BacktestRequest(STRATEGY.name, params=PARAMS)))


def honest(run: BacktestRun) -> Authored:
    """The artifact of `run`, as submission would make it."""
    return Authored(build_payload(_submitted(run), version="1.0.0"), run.source.bundle, run.golden_suite)


def changed(authored: Authored, **sections: Mapping[str, Any]) -> Authored:
    """`authored` with fields of its payload's sections changed; `backtest={"seed": 1}` changes one."""
    document = json.loads(authored.payload.encoded())
    for section, changes in sections.items():
        document[section].update(changes)
    return Authored(payload_of(document), authored.bundle, authored.golden_suite)


def with_suite(authored: Authored, golden_suite: bytes, *, sha256: str) -> Authored:
    """`authored` with another golden suite, which its payload names."""
    document = json.loads(authored.payload.encoded())
    document["golden_suite_sha256"] = sha256
    return Authored(payload_of(document), authored.bundle, golden_suite)


def with_source(authored: Authored, old: str, new: str) -> Authored:
    """`authored` with `old` replaced by `new` in the strategy's source, its payload naming the new bundle."""
    files = [
        SourceFile(file.path, file.source.replace(old, new)) if file.path == _CHANGED_FILE else file
        for file in authored.bundle.files
    ]
    bundle = bundle_of(files)
    if bundle == authored.bundle:
        raise LookupError(f"{_CHANGED_FILE} does not hold {old!r}")
    of_new = changed(authored, code={"bundle_sha256": bundle.sha256})
    return Authored(of_new.payload, bundle, authored.golden_suite)


def rerun(home: Path, authored: Authored, progress: Callable[[int, int], object] | None = None) -> Rerun:
    """What a validator's other process makes of `authored` over the bars in `home`."""
    return asyncio.run(
        rerun_in_another_process(
            home,
            payload_bytes=authored.payload.encoded(),
            bundle_bytes=authored.bundle.encoded(),
            golden_bytes=authored.golden_suite,
            progress=progress,
        )
    )


def evidence_in_this_process(strategy: Strategy) -> BacktestEvidence:
    """What an author sees who runs `strategy`, an object of this process, instead of a bundle."""
    inputs = BacktestInputs(strategy, Params(**PARAMS), BARS, INSTRUMENTS, BacktestSettings())
    return evidence_of(run_backtest(inputs), run_id="bt1")


def claimed(evidence: BacktestEvidence) -> Mapping[str, Any]:
    """The evidence as a payload's section `backtest` spells it."""
    metrics = {name: format(value, "f") for name, value in evidence.metrics.items()}
    return {"orders_sha256": evidence.orders_sha256, "metrics": metrics}


def _submitted(run: BacktestRun) -> Submission:
    data = DataWindow(
        manifest_sha256=run.manifest.sha256,
        first_end=run.manifest.first_end,
        last_end=run.manifest.last_end,
        symbols=tuple(entry.symbol for entry in run.manifest.series),
        vendor=run.manifest.vendor,
    )
    return Submission(
        source=run.source,
        author="ada",
        params=run.params,
        data=data,
        environment=Environment("3.11.0", "sha256:" + "3" * 64),
        risk=submission().risk,
        evidence=run.evidence,
        golden_suite=run.golden_suite,
        report=b"",
    )
