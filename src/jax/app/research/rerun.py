"""Runs an artifact's backtest again from what its payload names: the validator's half of the evidence."""

import platform
from collections.abc import Callable

from jax.app.research.bar_window import BarWindow
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.backtest_settings import BacktestSettings
from jax.domain.bundle import Bundle
from jax.domain.canonical_json import sha256_of
from jax.domain.errors import InvalidValue
from jax.domain.golden_suite import decode_golden_suite, record_golden_suite, replay_golden_suite
from jax.domain.rerun import Rerun
from jax.domain.strategy import Strategy
from jax.modules.artifacts.load_bundle import load_strategy
from jax.modules.artifacts.verify_artifact import strategy_params
from jax.modules.backtest.evidence import orders_sha256
from jax.modules.backtest.overfitting_study import neighbours, study_overfitting
from jax.modules.backtest.run_backtest import ENGINE_VERSION, BacktestInputs, Progress, run_backtest


def rerun_backtest(
    payload: ArtifactPayload,
    bundle: Bundle,
    golden_suite: bytes,
    window: BarWindow,
    progress: Progress | None = None,
) -> Rerun:
    """What `bundle`'s bytes make of the bars in `window`, under the payload's parameters.

    A payload names no account and no costs: the settings are those that every backtest has by default,
    within the limits of its risk profile.
    InvalidValue when bundle or suite are not those that the payload names, or the strategy is refused or
    fails. Every step loads the bundle anew, and the run whose orders count comes first: what the strategy
    may remember of one pass over the bars must not reach another.
    """
    _check_named("bundle", bundle.sha256, payload.bundle_sha256)
    _check_named("golden suite", sha256_of(golden_suite), payload.golden_suite_sha256)
    try:
        return _rerun(payload, lambda: _loaded(payload, bundle), golden_suite, window, progress)
    except InvalidValue:
        raise
    except Exception as error:
        # The bundle's own code ran: whatever it raises is a reason to refuse it.
        raise InvalidValue(
            f"strategy {payload.name}", f"cannot be run again ({type(error).__name__}: {error})"
        ) from error


def _rerun(
    payload: ArtifactPayload,
    load: Callable[[], Strategy],
    golden_suite: bytes,
    window: BarWindow,
    progress: Progress | None,
) -> Rerun:
    strategy = load()
    params = strategy_params(strategy, payload.params)
    settings = BacktestSettings().under(payload.risk)
    inputs = BacktestInputs(strategy, params, window.bars, window.instruments, settings)
    runs = 1 + len(neighbours(strategy, params))
    result = run_backtest(inputs, _first_of(runs, progress))
    golden = replay_golden_suite(decode_golden_suite(golden_suite), load(), params)
    recorded = record_golden_suite(load(), params, window.bars)
    return Rerun(
        orders_sha256=orders_sha256(result),
        manifest_sha256=window.manifest.sha256,
        engine_version=ENGINE_VERSION,
        python=platform.python_version(),
        metrics=result.metrics.defined(),
        overfitting=study_overfitting(
            inputs,
            result,
            trials=payload.trials,
            load=load,
            progress=_after_the_first(len(result.equity), progress),
        ),
        golden_suite_sha256=recorded.sha256,
        golden_passed=golden.passed,
        golden_failed=golden.failed,
    )


def _loaded(payload: ArtifactPayload, bundle: Bundle) -> Strategy:
    strategy = load_strategy(bundle, payload.entry)
    if strategy.name != payload.name:
        raise InvalidValue("bundle", f"holds {strategy.name}, the payload names {payload.name}")
    return strategy


def _check_named(what: str, actual: str, named: str) -> None:
    if actual != named:
        raise InvalidValue(what, f"hashes to {actual}, the payload names {named}")


def _first_of(runs: int, progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(done, runs * total)


def _after_the_first(bar_ends: int, progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    return lambda done, total: progress(bar_ends + done, bar_ends + total)
