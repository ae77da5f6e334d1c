"""Turns a strategy's floats into a signal's Decimals, once, here."""

from datetime import datetime
from decimal import Decimal

from jax.domain.bar import Bar
from jax.domain.checks import LARGEST
from jax.domain.derived_id import signal_id
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.loaded_artifact import LoadedArtifact
from jax.domain.side import Side
from jax.domain.signal import Signal
from jax.domain.strategy import BUY, SELL, Decision

_CONFIDENCE_PLACES = 4
_SIDES = {BUY: Side.BUY, SELL: Side.SELL}


def build_signal(
    decision: Decision, *, artifact: LoadedArtifact, bar: Bar, instrument: Instrument, now: datetime
) -> Signal:
    """The signal that `decision` on `bar` stands for, its prices rounded to the price increment.

    InvalidValue when the decision cannot be a signal, such as one with a stop on the wrong side, or one to
    enter at another price than the bar's close: jax-trader sends orders at the market only.
    """
    if decision.action not in _SIDES:
        raise InvalidValue("action", f"the strategy answered {decision.action}, which is no side")
    if not (0 <= decision.reason < len(artifact.strategy.reasons)):
        raise InvalidValue("reason", f"the strategy answered {decision.reason}, which is none of its reasons")
    if not (decision.entry == float(bar.close)):
        raise InvalidValue(
            "entry",
            f"the strategy answered {decision.entry}, not the bar's close of {bar.close}: jax-trader sends "
            f"orders at the market only, so let it enter at the close",
        )
    return Signal(
        signal_id=signal_id(
            strategy=artifact.payload.name,
            artifact_hash=artifact.payload_sha256,
            symbol=bar.symbol,
            bar_end=bar.end,
        ),
        artifact_id=artifact.artifact_id,
        artifact_hash=artifact.payload_sha256,
        strategy=artifact.payload.name,
        symbol=bar.symbol,
        side=_SIDES[decision.action],
        entry_price=instrument.round_price(_decimal("entry", decision.entry)),
        stop_loss=instrument.round_price(_decimal("stop", decision.stop)),
        take_profit=_target(decision.first_target, instrument),
        confidence=round(_decimal("confidence", decision.confidence), _CONFIDENCE_PLACES),
        reason=artifact.strategy.reasons[decision.reason],
        ts_event=bar.end,
        created_at=now,
    )


def _target(price: float, instrument: Instrument) -> Decimal | None:
    return None if price == 0.0 else instrument.round_price(_decimal("first_target", price))


def _decimal(field: str, value: float) -> Decimal:
    if not (0.0 < value < float(LARGEST)):
        raise InvalidValue(field, f"the strategy answered {value}, which is not a number above zero")
    return Decimal(repr(value))
