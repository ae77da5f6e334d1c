"""What the broker says of an account and of the market, asked at most every tenth of a second."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from jax.domain.account import AccountSnapshot
from jax.domain.quote import Quote
from jax.modules.execution.account_book import AccountBook
from jax.modules.execution.broker_answer import broker_answer
from jax.ports.account_view import AccountView
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, PortError

_ANSWERS_HOLD_NS = 100_000_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class MeansSaid:
    """The account's means, and what the book said just before the broker was asked for them.

    `positions` are signed quantities by symbol where the broker's count instead of the book's, else None.
    """

    snapshot: AccountSnapshot
    book: AccountBook
    reserved: Decimal
    entered_notional: Decimal
    positions: Mapping[str, Decimal] | None = None

    def held(self) -> Mapping[str, Decimal]:
        """Signed quantity by symbol; only what is not flat."""
        held = self.positions
        if held is None:
            held = {symbol: position.signed_quantity for symbol, position in self.book.positions.items()}
        return {symbol: quantity for symbol, quantity in held.items() if quantity != 0}

    def reserved_since(self) -> Decimal:
        """What orders may have taken of the means: those that were open, and every one recorded since.

        One that has filled since, or has not worked at all, counts as if it were to be paid for still.
        """
        return self.reserved + self.book.entered_notional - self.entered_notional


class BrokerMeans:
    """Answers that are younger than a tenth of a second serve whoever asks next."""

    def __init__(
        self, broker: AccountView, account: str, clock: Clock, *, holdings_are_the_brokers: bool = False
    ) -> None:
        """With `holdings_are_the_brokers` the broker is asked for what is held, too."""
        self._broker = broker
        self._holdings_are_the_brokers = holdings_are_the_brokers
        self._account = account
        self._clock = clock
        self._means: _Kept[MeansSaid] = _Kept(clock)
        self._quotes: dict[str, _Kept[Quote | None]] = {}

    async def of(self, symbol: str, book: AccountBook) -> tuple[MeansSaid, Quote | None]:
        """Means that were asked for while `book` was the account's, and the newest quote, None without one.

        PortError when the broker does not answer.
        """
        if self._means.value is not None and self._means.value.book is not book:
            self._means = _Kept(self._clock)
        quotes = self._quotes.setdefault(symbol, _Kept(self._clock))
        means, quote = await asyncio.gather(
            self._means.fresh(lambda: self._ask(book)), quotes.fresh(lambda: self._newest_quote(symbol))
        )
        return means, quote

    async def _ask(self, book: AccountBook) -> MeansSaid:
        reserved, entered = book.reserved, book.entered_notional
        snapshot = await broker_answer(self._broker.account(self._account))
        positions = None
        if self._holdings_are_the_brokers:
            positions = await broker_answer(self._broker.positions(self._account))
        return MeansSaid(snapshot, book, reserved, entered, positions)

    async def _newest_quote(self, symbol: str) -> Quote | None:
        try:
            return await broker_answer(self._broker.quote(symbol))
        except NotFound:
            return None


class _Kept(Generic[_T]):
    """The last answer to one question, for as long as it holds; who comes meanwhile waits for it."""

    def __init__(self, clock: Clock) -> None:
        self.value: _T | None = None
        self._clock = clock
        self._asked_ns: int | None = None
        self._error: PortError | None = None
        self._turn = asyncio.Lock()

    async def fresh(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """An answer to a question that was asked no longer ago; a broker that is silent is so for all."""
        async with self._turn:
            now = self._clock.monotonic_ns()
            if self._asked_ns is None or not (now - self._asked_ns <= _ANSWERS_HOLD_NS):
                self._asked_ns = self._error = self.value = None
                try:
                    self.value = await ask()
                except PortError as error:
                    self._error = error
                self._asked_ns = now
            if self._error is not None:
                raise self._error
            return self.value  # type: ignore[return-value]  # None is an answer too
