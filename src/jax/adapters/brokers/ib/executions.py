"""Executions as they are heard become fills in the venue's file, each revision once."""

from collections.abc import Sequence
from decimal import Decimal

from jax.adapters.brokers.ib.file_thread import FileThread
from jax.adapters.brokers.ib.heard_orders import HeardOrders
from jax.adapters.brokers.ib.journal_teller import JournalTeller
from jax.adapters.brokers.ib.statements import HeardExecution
from jax.domain.errors import InvalidValue
from jax.domain.fill import Fill
from jax.ports.broker import BrokerEventKind
from jax.ports.clock import Clock

_NS = 1_000_000_000
Key = tuple[str, int]


class Executions:
    """A fill is told with its commission, which comes after it: it waits for that, but not for ever."""

    def __init__(
        self,
        heard: HeardOrders,
        file: FileThread,
        *,
        clock: Clock,
        teller: JournalTeller,
        commission_seconds: float,
    ) -> None:
        self._heard = heard
        self._file = file
        self._clock = clock
        self._teller = teller
        self._patience_ns = int(commission_seconds * _NS)
        self._filed: set[Key] = set()
        self._without_commission: set[Key] = set()

    async def load(self) -> None:
        """What was filed before this process began."""
        self._filed = await self._file.run(lambda file: file.known_fills())

    def is_heard(self, client_order_id: str) -> bool:
        """Whether anything of the order was executed, as far as this process has heard."""
        return any(heard.client_order_id == client_order_id for heard in self._heard.executions.values())

    async def file(self) -> None:
        """Files what can be told now."""
        fills: list[Fill] = []
        keys: list[Key] = []
        now = self._clock.monotonic_ns()
        for key, heard in self._heard.executions.items():
            if key in self._filed:
                self._look_at_late_commission(key)
                continue
            commission = self._heard.commissions.get(key)
            # A bust costs nothing, and nobody says so.
            if commission is None and heard.quantity > 0 and not (now - heard.heard_ns >= self._patience_ns):
                continue
            fills.extend(self._fill(heard, commission))
            keys.append(key)
        if keys:
            await self._file.run(lambda file: file.add_fills(fills))
            self._filed.update(keys)

    def _fill(self, heard: HeardExecution, commission: Decimal | None) -> Sequence[Fill]:
        key = (heard.execution_id, heard.revision)
        if commission is None and heard.quantity > 0:
            self._without_commission.add(key)
        try:
            return [heard.fill(commission or Decimal(0))]
        except InvalidValue as error:
            text = f"execution {heard.execution_id} cannot be booked: {error}"
            self._teller.tell(BrokerEventKind.ERROR, heard.client_order_id, text)
            return []

    def _look_at_late_commission(self, key: Key) -> None:
        commission = self._heard.commissions.get(key)
        if key in self._without_commission and commission is not None:
            self._without_commission.discard(key)
            text = f"the commission of execution {key[0]} came too late to be booked: {commission}"
            self._teller.tell(BrokerEventKind.ERROR, self._heard.executions[key].client_order_id, text)
