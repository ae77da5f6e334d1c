"""For how long a signal may be acted on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from jax.domain.bar import Timeframe
from jax.domain.signal import Signal

# A few bars of its timeframe. A signal of a day waits for the next session, over the longest holidays too.
AGE_LIMITS: Mapping[Timeframe, timedelta] = MappingProxyType(
    {
        Timeframe.MINUTE: timedelta(minutes=5),
        Timeframe.FIVE_MINUTES: timedelta(minutes=15),
        Timeframe.QUARTER_HOUR: timedelta(minutes=45),
        Timeframe.HOUR: timedelta(hours=2),
        Timeframe.DAY: timedelta(days=5),
    }
)


def is_too_old(signal: Signal, timeframe: Timeframe, now: datetime) -> bool:
    """Whether the signal was made too long ago for bars of `timeframe`.

    Counted from when it was made, not from its bar: whoever sends bars of another time, to try things out,
    may act on what comes of them.
    """
    return not (now - signal.created_at <= AGE_LIMITS[timeframe])
