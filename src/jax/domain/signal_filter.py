"""Which signals somebody looks for, and where a page of them ends."""

from dataclasses import dataclass
from datetime import datetime

from jax.domain.side import Side
from jax.domain.signal import Signal, SignalStatus


@dataclass(frozen=True, slots=True)
class SignalFilter:
    """None takes every one; `since` and `until` bound `ts_event`, both inclusive."""

    status: SignalStatus | None = None
    strategy: str | None = None
    symbol: str | None = None
    side: Side | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, signal: Signal) -> bool:
        wanted = (
            (self.status, signal.status),
            (self.strategy, signal.strategy),
            (self.symbol, signal.symbol),
            (self.side, signal.side),
        )
        return (
            all(asked is None or asked == found for asked, found in wanted)
            and (self.since is None or signal.ts_event >= self.since)
            and (self.until is None or signal.ts_event <= self.until)
        )


@dataclass(frozen=True, slots=True)
class SignalPlace:
    """Where a signal stands among all: newest `ts_event` first, then by id."""

    ts_event: datetime
    signal_id: str

    def is_before(self, signal: Signal) -> bool:
        if signal.ts_event == self.ts_event:
            return signal.signal_id > self.signal_id
        return signal.ts_event < self.ts_event


@dataclass(frozen=True, slots=True)
class SignalPage:
    """Signals in their order; `has_more` when others stand behind them."""

    signals: tuple[Signal, ...]
    has_more: bool


def place_of(signal: Signal) -> SignalPlace:
    """Where to go on behind `signal`."""
    return SignalPlace(signal.ts_event, signal.signal_id)
