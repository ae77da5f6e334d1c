"""What the gateway says, told to the bridge's journal in the order in which it was heard."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from jax.ports.broker import BrokerEventKind
from jax.ports.errors import PortError

Hear = Callable[[BrokerEventKind, str | None, str], Awaitable[None]]
_LONGEST_DETAIL = 300
_MOST_WAITING = 10_000


class JournalTeller:
    """Hearing costs the one who hears no waiting; whoever answers waits until all before it is told."""

    def __init__(self) -> None:
        self._hear: Hear | None = None
        self._waiting: deque[tuple[BrokerEventKind, str | None, str]] = deque(maxlen=_MOST_WAITING)
        self._telling: asyncio.Task[None] | None = None

    def listen(self, hear: Hear) -> None:
        """From now on `hear` is told, first of what waits."""
        self._hear = hear
        self._go_on()

    def tell(self, kind: BrokerEventKind, client_order_id: str | None, detail: str) -> None:
        """Returns at once."""
        printable = "".join(letter if letter.isprintable() else " " for letter in detail)
        self._waiting.append((kind, client_order_id, printable[:_LONGEST_DETAIL]))
        self._go_on()

    async def told(self) -> None:
        """Returns when everything heard so far was told, if anybody listens."""
        while self._telling is not None and not self._telling.done():
            await asyncio.shield(self._telling)

    def _go_on(self) -> None:
        if self._hear is not None and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_what_waits(self._hear))

    async def _tell_what_waits(self, hear: Hear) -> None:
        while self._waiting:
            try:
                await hear(*self._waiting.popleft())
            except PortError:
                # A journal gives reasons to ask; whoever trades asks about every open order anyway.
                continue
