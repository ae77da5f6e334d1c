"""Asks research for advice on a signal that is confident enough, and waits for nothing."""

from datetime import datetime

from jax.domain.advice_request import ADVICE_TOPIC, handed_over
from jax.domain.signal import Signal
from jax.ports.unit_of_work import Transaction


async def hand_over(transaction: Transaction, signal: Signal, *, now: datetime) -> None:
    """Leaves a request in the outbox of the transaction that makes the signal: both are stored, or neither.

    What research makes of it changes nothing here.
    """
    request = handed_over(signal, at=now)
    if request is not None and await transaction.advice.add(request):
        await transaction.events.publish(ADVICE_TOPIC, subject=request.run_id)
