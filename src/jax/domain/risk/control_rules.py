"""What people said: execution, kill switches, modes, arming, restricted symbols."""

from jax.domain.controls import TradingMode
from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase, ExitInputs, RiskInputs
from jax.domain.risk_decision import Denied


def execution_is_on(inputs: RiskInputs | ExitInputs) -> Denied | None:
    """Nothing is sent unless execution was enabled."""
    if inputs.route.execution_enabled:
        return None
    return Denied(ReasonCode.EXECUTION_DISABLED, "execution is not enabled for this trader")


def no_kill_switch_is_engaged(inputs: RiskInputs | ExitInputs) -> Denied | None:
    """Not the account's, nor any that the route knows of."""
    said = inputs.controls.kill
    engaged = () if said is None else (f"{said.actor} engaged it: {said.reason}",)
    if not engaged and not inputs.route.kills:
        return None
    return Denied(ReasonCode.KILL_SWITCH, "; ".join((*engaged, *inputs.route.kills)))


def not_only_observed(inputs: RiskInputs | ExitInputs) -> Denied | None:
    """OBSERVE sends cancels only."""
    strategy = inputs.wanted.strategy
    if inputs.controls.mode_of(strategy) is not TradingMode.OBSERVE:
        return None
    return Denied(ReasonCode.MODE_OBSERVE, f"{strategy} is in OBSERVE: {_why(inputs, TradingMode.OBSERVE)}")


def not_only_reduced(case: EntryCase) -> Denied | None:
    """REDUCE sends no entry: it may be open after what it nets against is gone."""
    strategy = case.wanted.strategy
    if case.inputs.controls.mode_of(strategy) is TradingMode.NORMAL:
        return None
    return Denied(ReasonCode.MODE_REDUCE, f"{strategy} is in REDUCE: {_why(case.inputs, TradingMode.REDUCE)}")


def _why(inputs: RiskInputs | ExitInputs, mode: TradingMode) -> str:
    controls = inputs.controls
    changes = (controls.mode, controls.strategy_modes.get(inputs.wanted.strategy))
    said = [change.said for change in changes if change is not None and change.mode is mode]
    return "; ".join(f"{each.reason} ({each.actor})" for each in said)


def armed_when_live(case: EntryCase) -> Denied | None:
    """A live order needs an arming of its artifact that has not expired."""
    inputs, signal = case.inputs, case.signal
    if not inputs.route.is_live:
        return None
    arming = inputs.controls.armings.get(signal.artifact_hash)
    if arming is None or arming.artifact_hash != signal.artifact_hash:
        return Denied(ReasonCode.NOT_ARMED, f"{signal.strategy} {signal.artifact_hash} is not armed")
    if not arming.holds(inputs.now):
        detail = f"the arming of {signal.strategy} expired at {arming.expires_at.isoformat()}"
        return Denied(ReasonCode.NOT_ARMED, detail)
    return None


def not_restricted(case: EntryCase) -> Denied | None:
    """What is on the restricted list is not entered."""
    symbol = case.signal.symbol
    if symbol not in case.limits.restricted_symbols:
        return None
    return Denied(ReasonCode.SYMBOL_RESTRICTED, f"{symbol} is on the restricted list")
