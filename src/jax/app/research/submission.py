"""From a backtest's run to what the gate takes: the part that the command and the demo share."""

import hashlib
import platform
from dataclasses import replace
from decimal import Decimal
from importlib.metadata import distributions

from jax.app.research.research import BacktestRequest, BacktestRun
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.risk_profile import RiskProfile
from jax.modules.artifacts.submit_artifact import DataWindow, Environment, Submission

DEFAULT_RISK = RiskProfile(
    max_position_fraction=Decimal("0.20"),
    max_daily_loss=Decimal(1000),
    allowed_order_types=("LIMIT", "MARKET"),
    max_order_notional=Decimal(1_000_000),
    max_orders_per_minute=60,
    price_collar_fraction=Decimal("0.5"),
    venues=("paper",),
)


def request_of(request: BacktestRequest, *, risk: RiskProfile = DEFAULT_RISK) -> BacktestRequest:
    """What is backtested of `request` for the gate: within the limits that go with the strategy.

    A payload names no account and no costs, so those of the request give way to the default ones.
    """
    return replace(request, settings=BacktestSettings().under(risk), benchmark=None, market=None)


def submission_of(
    run: BacktestRun, *, author: str, risk: RiskProfile = DEFAULT_RISK, trials: int = 1
) -> Submission:
    """What `author` submits of the run, made on what is installed here, after trying `trials` variants."""
    return Submission(
        source=run.source,
        author=author,
        params=run.params,
        data=DataWindow(
            manifest_sha256=run.manifest.sha256,
            first_end=run.manifest.first_end,
            last_end=run.manifest.last_end,
            symbols=tuple(entry.symbol for entry in run.manifest.series),
            vendor=run.manifest.vendor,
        ),
        environment=Environment(platform.python_version(), _installed_sha256()),
        risk=risk,
        evidence=replace(run.evidence, trials=trials),
        golden_suite=run.golden_suite,
        report=run.report,
    )


def _installed_sha256() -> str:
    """Names and versions of everything installed, as one hash."""
    installed = sorted(f"{dist.name}=={dist.version}" for dist in distributions())
    return "sha256:" + hashlib.sha256("\n".join(installed).encode()).hexdigest()
