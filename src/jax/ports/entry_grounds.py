"""What is on record about an entry, in as few questions as its decision can wait for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jax.domain.controls import AccountControls
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.session import ExchangeSession
from jax.domain.signal import Signal
from jax.domain.trade import Trade


@dataclass(frozen=True, slots=True)
class SignalOnRecord:
    """A signal, and its trade with its order when there is one."""

    signal: Signal
    trade: tuple[Trade, Order] | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an artifact's orders are taken, and what people have said of an account."""

    is_loadable: bool
    controls: AccountControls


@dataclass(frozen=True, slots=True)
class EntryGround:
    """What an entry is decided on beside the account's book and the broker's word.

    `session` is the last that the instrument's exchange has opened, None when the calendar does not say;
    `entered_elsewhere` counts the entries of the signal's artifact in other accounts in the last minute.
    """

    signal: Signal
    trade: tuple[Trade, Order] | None
    standing: Standing
    instrument: Instrument | None
    session: ExchangeSession | None
    entered_elsewhere: int


class EntryGrounds(Protocol):
    """The same as the single stores say, at once."""

    async def before(self, signal_id: str) -> SignalOnRecord:
        """Without any lock; NotFound."""
        ...

    async def locked(self, account: str, *, signal_id: str, at: datetime) -> EntryGround:
        """As of `at`, with the account's row, the signal and the end of the audit log locked, in this order,
        until the transaction ends; NotFound without the signal.
        """
        ...

    async def order(self, account: str, *, client_order_id: str) -> Order:
        """An order of the account, with the account's row, the order's, its signal and the end of the audit
        log locked, in this order, until the transaction ends: whoever writes what became of it writes to
        them all. NotFound.
        """
        ...

    async def standing(self, account: str, *, artifact_id: str) -> Standing:
        """Without any lock."""
        ...
