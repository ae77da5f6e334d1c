"""The feed is followed while the trader runs, and its signals are in the log."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

from jax.app.trader.sending_gate import SendingGate
from jax.domain.bar import Bar
from jax.modules.signals.follow_market import FollowMarket
from jax.modules.signals.receive_bars import BarsReceived, ReceiveBars

_AGAIN_SECONDS = 1.0
_JOB = "following the market"
_log = structlog.get_logger()


class LoggedBars:
    """ReceiveBars, with each signal in the log."""

    def __init__(self, receive_bars: ReceiveBars) -> None:
        self._receive_bars = receive_bars

    async def __call__(self, bars: Sequence[Bar], *, may_signal: Callable[[Bar], bool]) -> BarsReceived:
        received = await self._receive_bars.receive(bars, may_signal=may_signal)
        for signal in received.signals:
            _log.info(
                "signal.generated",
                signal_id=signal.signal_id,
                artifact_hash=signal.artifact_hash,
                symbol=signal.symbol,
                side=signal.side,
            )
        return received


@asynccontextmanager
async def following(market: FollowMarket | None, gate: SendingGate) -> AsyncIterator[None]:
    """Follows `market`, if there is one, until the block ends."""
    if market is None:
        yield
        return
    task = asyncio.create_task(_follow(market, gate))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _follow(market: FollowMarket, gate: SendingGate) -> None:
    while True:
        try:
            await market.run()
        except Exception as error:  # noqa: BLE001 - as with every job: nothing is sent until it runs again
            gate.report(_JOB, f"{type(error).__name__}: {error}")
            _log.exception("job.broken", job=_JOB)
        await asyncio.sleep(_AGAIN_SECONDS)
        gate.report(_JOB, None)
