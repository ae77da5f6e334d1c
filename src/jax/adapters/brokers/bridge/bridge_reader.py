"""What a bridge says of its account and its market to somebody who can tell it nothing."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from jax.adapters.brokers.bridge import documents
from jax.adapters.brokers.bridge.bridge_line import open_line
from jax.domain.account import AccountSnapshot
from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.quote import Quote
from jax.ports.broker import BrokerStatus
from jax.ports.errors import Unavailable

T = TypeVar("T")


class QuestionLine(Protocol):
    """A line that only asks."""

    async def ask(self, path: str, params: Mapping[str, str] | None = None) -> Mapping[str, Any]: ...


class BridgeReader:
    """An AccountView; every call is a GET."""

    name = "bridge"
    # Until the bridge has said: nothing goes out that would not be allowed with real money.
    is_live = True
    # And no order that it might not understand.
    has_brackets = False

    def __init__(self, questions: QuestionLine) -> None:
        self._questions = questions

    async def meet(self, account: str) -> None:
        """Learns which venue is behind the bridge; Unavailable when the bridge cannot be asked."""
        await self.status(account)

    async def status(self, account: str) -> BrokerStatus:
        """Whether the bridge can be asked and told anything now; Unavailable."""
        document = await self._questions.ask("/api/v1/status", {"account": account})
        # Each time: a bridge may have been started again in front of another one.
        self.name, self.is_live, self.has_brackets = understood(lambda: documents.venue_of(document))
        return understood(lambda: documents.status_of(document))

    async def account(self, account: str) -> AccountSnapshot:
        document = await self._questions.ask("/api/v1/account", {"account": account})
        return understood(lambda: documents.account_of(document))

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        document = await self._questions.ask("/api/v1/positions", {"account": account})
        return understood(lambda: documents.positions_of(document))

    async def quote(self, symbol: str) -> Quote:
        document = await self._questions.ask(f"/api/v1/quotes/{symbol}")
        return understood(lambda: documents.quote_of(document))

    async def candles(self, symbol: str) -> Sequence[Bar]:
        """The newest bars that the bridge has heard of since it started, oldest first; NotFound."""
        document = await self._questions.ask(f"/api/v1/candles/{symbol}")
        return understood(lambda: list(map(documents.bar_of, document["candles"])))


@asynccontextmanager
async def open_bridge_reader(url: str, *, token: str | None = None) -> AsyncIterator[BridgeReader]:
    """The bridge at `url`, such as http://127.0.0.1:8092, whether or not it is there yet."""
    async with open_line(url, token) as line:
        yield BridgeReader(line)


def understood(read: Callable[[], T]) -> T:
    """An answer that cannot be read is none; asking again does no harm."""
    try:
        return read()
    except (InvalidValue, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"the bridge's answer cannot be read: {error!r}") from error
