"""The demo's steps on the research side, each a few lines over the real use cases."""

import hashlib
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import distributions

from jax.app.console import note
from jax.app.demo.progress import Reached
from jax.app.demo.promotion import AUTHOR, promote_to_active
from jax.app.demo.wiring import DemoParts
from jax.app.research.research import BacktestRequest, BacktestRun
from jax.domain.artifact import Artifact
from jax.domain.backtest_evidence import BacktestEvidence
from jax.domain.bar import Bar, Timeframe
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.submit_artifact import DataWindow, Environment, Submission

STRATEGY = "ma_crossover_v1"
# What comes after this day is what the trader has not seen.
DATA_TO = datetime(2011, 12, 31, tzinfo=UTC)


async def import_data(parts: DemoParts, reached: Reached) -> int:
    """Real daily bars into the Parquet store, sessions and instruments into the database."""
    report = await parts.research.import_bars(reached, skip_bad_rows=True)
    for problem in report.rejected:
        note(f"rejected: {problem}")
    for gap in report.gaps:
        note(f"gap: {gap}")
    rows = await parts.research.reference_rows(parts.clock.now().date())
    async with parts.unit_of_work.begin() as transaction:
        await transaction.reference.put_instruments(rows.instruments)
        await transaction.reference.put_sessions(rows.sessions, rows.holidays)
    return report.imported + report.already_there


async def backtest(parts: DemoParts, reached: Reached) -> BacktestRun:
    """One deterministic run of the strategy on the bars up to DATA_TO."""
    return await parts.research.backtest(BacktestRequest(STRATEGY, data_to=DATA_TO), reached)


async def submit(parts: DemoParts, run: BacktestRun) -> Artifact:
    """The artifact of the run: a new DRAFT, or the one that an earlier run of the demo made."""
    return await parts.submit.submit(
        Submission(
            source=run.source,
            author=AUTHOR,
            params=run.params,
            data=DataWindow(
                manifest_sha256=run.manifest.sha256,
                first_end=run.manifest.first_end,
                last_end=run.manifest.last_end,
                symbols=tuple(entry.symbol for entry in run.manifest.series),
                vendor=run.manifest.vendor,
            ),
            environment=Environment(platform.python_version(), _installed_sha256()),
            risk=RiskProfile(
                Decimal("0.20"),
                Decimal(1000),
                ("LIMIT", "MARKET"),
                Decimal(1_000_000),
                60,
                Decimal("0.5"),
                ("paper",),
            ),
            evidence=run.evidence,
            golden_suite=run.golden_suite,
            report=run.report,
        )
    )


async def promote(parts: DemoParts, artifact: Artifact, reached: Reached) -> Artifact:
    """Through the gate, each step under another identity; the validator runs the backtest again."""

    async def rerun() -> BacktestEvidence:
        return (await backtest(parts, reached)).evidence

    return await promote_to_active(parts.gate, artifact, rerun=rerun)


async def bars_to_replay(parts: DemoParts, symbols: Sequence[str]) -> list[Bar]:
    """Every bar of the symbols, in the order of their ends."""
    bars: list[Bar] = []
    for symbol in symbols:
        bars.extend(await parts.bars.bars(symbol, Timeframe.DAY))
    return sorted(bars, key=lambda bar: (bar.end, bar.symbol))


def _installed_sha256() -> str:
    """Names and versions of everything installed, as one hash."""
    installed = sorted(f"{dist.name}=={dist.version}" for dist in distributions())
    return "sha256:" + hashlib.sha256("\n".join(installed).encode()).hexdigest()
