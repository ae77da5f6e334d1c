"""Asks research for advice on signals that are confident enough, and waits for nothing."""

from collections.abc import Sequence
from datetime import datetime

from jax.domain.advice_request import ADVICE_TOPIC, handed_over
from jax.domain.signal import Signal
from jax.ports.unit_of_work import Transaction


async def hand_over(transaction: Transaction, signals: Sequence[Signal], *, now: datetime) -> None:
    """Leaves requests in the outbox of the transaction that makes the signals: all are stored, or none.

    What research makes of them changes nothing here.
    """
    asked = [handed_over(signal, at=now) for signal in signals]
    requests = [request for request in asked if request is not None]
    if await transaction.advice.add_all(requests):
        await transaction.events.publish_all(ADVICE_TOPIC, subjects=[one.run_id for one in requests])
