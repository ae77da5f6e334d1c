"""Writes down with what the account went into the session, whether or not anybody trades in it."""

from collections.abc import Callable, Collection

from jax.domain.controls import SessionOpening
from jax.domain.session import ExchangeSession
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.broker_answer import broker_answer
from jax.modules.execution.fenced_order import fence
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import Transaction


class OpenSessions:
    """A loss counts from the session's opening: the first decision may come at noon."""

    def __init__(self, at: BrokerAccount, symbols: Callable[[], Collection[str]]) -> None:
        """`symbols` are those that may be entered for now: their exchanges' sessions count."""
        self._at = at
        self._symbols = symbols
        self._mics: dict[str, str] = {}

    async def run_once(self) -> None:
        """The broker is asked once a session, as soon as it has opened; Conflict as `fence` says.

        An account without a worth above zero has no opening; the next look asks again.
        """
        async with self._at.unit_of_work.begin() as transaction:
            session = await self._newest_session(transaction)
            opening = (await transaction.controls.get(self._at.account)).opening
        if session is None or (opening is not None and opening.session_date >= session.session_date):
            return
        snapshot = await broker_answer(self._at.broker.account(self._at.account))
        equity = snapshot.net_liquidation
        if not (equity.is_finite() and equity > 0):
            return
        async with self._at.unit_of_work.begin() as transaction:
            await fence(transaction, self._at.account, epoch=self._at.epoch)
            first = SessionOpening(session.session_date, equity)
            await transaction.controls.open_session(self._at.account, first)

    async def _newest_session(self, transaction: Transaction) -> ExchangeSession | None:
        """The newest that has opened, of the exchanges that are known; None without any."""
        mics = {await self._mic_of(transaction, symbol) for symbol in self._symbols()} - {None}
        found = []
        for mic in sorted(filter(None, mics)):
            try:
                found.append(await transaction.reference.last_session_opened(mic, self._at.clock.now()))
            except NotFound:
                # Nothing is entered there: SESSION_UNKNOWN.
                continue
        return max(found, key=lambda session: session.session_date, default=None)

    async def _mic_of(self, transaction: Transaction, symbol: str) -> str | None:
        if symbol not in self._mics:
            try:
                self._mics[symbol] = (await transaction.reference.instrument(symbol)).mic
            except NotFound:
                return None
        return self._mics[symbol]
