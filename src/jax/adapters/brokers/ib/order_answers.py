"""What is said of an order: everything that bears on it, put together."""

from dataclasses import replace

from jax.adapters.brokers.ib.error_codes import DEFINITIVE_REJECTS, reason_of
from jax.adapters.brokers.ib.executions import Executions
from jax.adapters.brokers.ib.file_thread import FileThread
from jax.adapters.brokers.ib.heard_orders import HeardOrders
from jax.adapters.brokers.ib.order_view import Evidence, report_of
from jax.adapters.brokers.ib.statements import INACTIVE, OrderStatement
from jax.adapters.brokers.ib.venue_file import VenueFile
from jax.domain.order_status import OrderStatus
from jax.ports.broker import OrderReport

CLOSED = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})


class OrderAnswers:
    """The last word about an order that has ended is remembered: the gateway shows it for a day."""

    def __init__(self, heard: HeardOrders, executions: Executions, file: FileThread) -> None:
        self._heard = heard
        self._executions = executions
        self._file = file
        self._refusals: dict[int, str] = {}

    async def load(self) -> None:
        """What was refused before this process began."""
        self._refusals = await self._file.run(lambda file: file.refusals())

    def is_refused(self, statement: OrderStatement) -> bool:
        """Whether an order that the gateway still lists was refused: it lists some of them as inactive."""
        return statement.status == INACTIVE and statement.order_id in self._refusals

    def note_error(self, order_id: int, code: int) -> None:
        """A definitive reject counts as long as the gateway does not show the order as working."""
        if code in DEFINITIVE_REJECTS:
            self._refusals[order_id] = reason_of(code)

    async def report(self, client_order_id: str) -> OrderReport | None:
        """From what was heard so far; None when nothing is known of the order."""
        await self._executions.file()
        found = await self._file.run(lambda file: _evidence(file, client_order_id))
        statement, filed = self._heard.statement(client_order_id), found.filed
        shown_id = 0 if statement is None else statement.order_id
        report = report_of(
            replace(
                found,
                statement=statement,
                is_heard=self._executions.is_heard(client_order_id),
                refusal=self._refusals.get(shown_id if filed is None else filed.order_id),
            )
        )
        if report is not None and filed is not None:
            closed = report.status if report.status in CLOSED else None
            if (closed, report.reason_code) != (filed.closed, filed.reason_code):
                reason = report.reason_code
                await self._file.run(lambda file: file.put_closed(client_order_id, closed, reason))
        return report


def _evidence(file: VenueFile, client_order_id: str) -> Evidence:
    filed = file.order(client_order_id)
    return Evidence(
        client_order_id=client_order_id,
        filed=filed,
        statement=None,
        fills=file.fills_of(client_order_id),
        group_filled=filed is not None and filed.reduces_only and file.has_group_filled(filed),
    )
