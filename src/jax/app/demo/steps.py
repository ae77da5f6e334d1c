"""The demo's steps on the research side, each a few lines over the real use cases."""

from collections.abc import Sequence
from datetime import UTC, datetime

from jax.app.console import note
from jax.app.demo.people import AUTHOR
from jax.app.demo.progress import Reached
from jax.app.demo.wiring import DemoParts
from jax.app.research.rerun_process import rerun_in_another_process
from jax.app.research.research import BacktestRequest, BacktestRun
from jax.app.research.submission import request_of, submission_of
from jax.domain.artifact import Artifact
from jax.domain.artifact_payload import parse_payload
from jax.domain.bar import Bar, Timeframe
from jax.domain.rerun import Rerun
from jax.modules.artifacts.verify_artifact import bundle_key, golden_suite_key

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
    return await parts.research.backtest(request_of(BacktestRequest(STRATEGY, data_to=DATA_TO)), reached)


async def submit(parts: DemoParts, run: BacktestRun) -> Artifact:
    """The artifact of the run: a new DRAFT, or the one that an earlier run of the demo made."""
    return await parts.submit.submit(submission_of(run, author=AUTHOR))


async def promote(parts: DemoParts, artifact: Artifact, reached: Reached) -> Artifact:
    """Through the gate, each step signed by another person; the validator's run is a process of its own."""

    async def run_again(draft: Artifact) -> Rerun:
        payload = parse_payload(draft.payload)
        return await rerun_in_another_process(
            parts.home,
            payload_bytes=draft.payload,
            bundle_bytes=await parts.objects.get(bundle_key(payload.bundle_sha256)),
            golden_bytes=await parts.objects.get(golden_suite_key(payload.golden_suite_sha256)),
            progress=reached,
        )

    return await parts.promotion.promote(artifact, run_again=run_again)


async def bars_to_replay(parts: DemoParts, symbols: Sequence[str]) -> list[Bar]:
    """Every bar of the symbols, in the order of their ends."""
    bars: list[Bar] = []
    for symbol in symbols:
        bars.extend(await parts.bars.bars(symbol, Timeframe.DAY))
    return sorted(bars, key=lambda bar: (bar.end, bar.symbol))
