"""Replays bars to the trader until a signal has become a trade."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from jax.app.demo.progress import Reached
from jax.app.demo.trader_client import TraderClient
from jax.domain.bar import Bar

APPROVER = "olivia"
_BATCH = 2000


def replay_until_trade(
    trader: TraderClient, bars: Sequence[Bar], *, history_until: datetime, reached: Reached
) -> dict[str, Any] | None:
    """The trader's answer to the first signal that it executed; None when the bars end before one does.

    `bars` are in the order of their ends. What ends by `history_until` is sent in large batches, the rest a
    day at a time, as it would have arrived. Signals left over from an interrupted run come first.
    """
    executed = _first_executed(trader, trader.signals("APPROVED") + trader.signals("PENDING"))
    if executed is not None:
        return executed
    unseen, sent = _unseen(trader, bars), 0
    for batch in _batches(unseen, history_until):
        signals = trader.send_bars(batch)
        sent += len(batch)
        reached(sent, len(unseen))
        executed = _first_executed(trader, signals)
        if executed is not None:
            return executed
    return None


def _unseen(trader: TraderClient, bars: Sequence[Bar]) -> list[Bar]:
    last = trader.last_bar_ends()
    return [bar for bar in bars if bar.symbol not in last or bar.end > last[bar.symbol]]


def _batches(bars: Sequence[Bar], history_until: datetime) -> Iterator[list[Bar]]:
    history = [bar for bar in bars if bar.end <= history_until]
    for start in range(0, len(history), _BATCH):
        yield history[start : start + _BATCH]
    for _, day in groupby((bar for bar in bars if bar.end > history_until), key=lambda bar: bar.end):
        yield list(day)


def _first_executed(trader: TraderClient, signals: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    for signal in signals:
        if signal["status"] == "PENDING":
            trader.approve(signal["signal_id"], by=APPROVER)
        answer = trader.execute(signal["signal_id"], by=APPROVER)
        if answer.get("success"):
            return answer
    return None
