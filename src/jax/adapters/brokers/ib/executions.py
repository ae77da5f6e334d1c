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
        self._without_commission: set[Key] = set()

    def is_heard(self, client_order_id: str) -> bool:
        """Whether anything of the order was executed, as far as this process has heard."""
        return client_order_id in self._heard.executed_names

    async def file(self) -> None:
        """Files what can be told now."""
        self._tell_late_commissions()
        now = self._clock.monotonic_ns()
        ready = {key: heard for key, heard in self._heard.unfiled.items() if self._is_ready(heard, now)}
        fills = [fill for heard in ready.values() for fill in self._fill(heard)]
        if fills:
            await self._file.run(lambda file: file.add_fills(fills))
        for key in ready:
            self._heard.unfiled.pop(key, None)

    def _is_ready(self, heard: HeardExecution, now_ns: int) -> bool:
        # A bust costs nothing, and nobody says so.
        is_priced = (heard.execution_id, heard.revision) in self._heard.commissions or heard.quantity == 0
        return is_priced or now_ns - heard.heard_ns >= self._patience_ns

    def _fill(self, heard: HeardExecution) -> Sequence[Fill]:
        key = (heard.execution_id, heard.revision)
        commission = self._heard.commissions.get(key)
        if commission is None and heard.quantity > 0:
            self._without_commission.add(key)
        try:
            return [heard.fill(commission or Decimal(0))]
        except InvalidValue as error:
            text = f"execution {heard.execution_id} cannot be booked: {error}"
            self._teller.tell(BrokerEventKind.ERROR, heard.client_order_id, text)
            return []

    def _tell_late_commissions(self) -> None:
        for key in self._without_commission & self._heard.commissions.keys():
            self._without_commission.discard(key)
            heard, commission = self._heard.executions[key], self._heard.commissions[key]
            text = (
                f"the commission of execution {heard.execution_id} came too late to be booked: {commission}"
            )
            self._teller.tell(BrokerEventKind.ERROR, heard.client_order_id, text)
