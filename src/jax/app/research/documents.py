"""What the commands print with --json."""

from dataclasses import asdict
from typing import Any

from jax.app.research.backtest_run import BacktestOutcome
from jax.app.research.strategy_facts import StrategyFacts
from jax.domain.backtest_settings import settings_document
from jax.modules.market_data.import_report import ImportReport


def import_document(report: ImportReport) -> dict[str, Any]:
    """The report with every rejected row and every gap."""
    return {
        "vendor": report.vendor,
        "rows": report.rows,
        "imported": report.imported,
        "already_there": report.already_there,
        "bars": dict(report.bars),
        "rejected": [
            {
                "line": problem.line,
                "symbol": problem.symbol,
                "date": problem.session_date and problem.session_date.isoformat(),
                "what": problem.what,
            }
            for problem in report.rejected
        ],
        "gaps": [
            {
                "symbol": gap.symbol,
                "first": gap.first.isoformat(),
                "last": gap.last.isoformat(),
                "sessions": gap.sessions,
            }
            for gap in report.gaps
        ],
    }


def backtest_document(run: BacktestOutcome, *, report_path: str) -> dict[str, Any]:
    """What went in, what came out, and where the report is; a metric that is not defined is left out."""
    benchmark, market = run.references.benchmark, run.references.market
    return {
        "strategy": run.source.name,
        "run_id": run.run_id,
        "symbols": [series.symbol for series in run.manifest.series],
        "bars": sum(series.bars for series in run.manifest.series),
        "first_end": run.manifest.first_end.isoformat(),
        "last_end": run.manifest.last_end.isoformat(),
        **({} if benchmark is None else {"benchmark": benchmark.symbol}),
        **({} if market is None else {"market": market.symbol}),
        "params": dict(run.params),
        "settings": settings_document(run.result.settings),
        "metrics": dict(run.evidence.metrics),
        "orders": len(run.result.orders),
        "refused": dict(run.result.refused),
        "bundle_sha256": run.source.bundle.sha256,
        "manifest_sha256": run.manifest.sha256,
        "orders_sha256": run.evidence.orders_sha256,
        "report_path": report_path,
    }


def strategy_document(facts: StrategyFacts) -> dict[str, Any]:
    """A strategy's name, what it does, its parameters with their defaults; why it may not run, or null."""
    return {**asdict(facts), "params": dict(facts.params)}
