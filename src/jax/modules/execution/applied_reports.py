"""What this process knows of orders that events tell of."""

from collections import OrderedDict

from jax.ports.broker import BrokerEvent, OrderReport

_MOST = 100_000


class AppliedReports:
    """How far the reports reach that are committed, order by order; what is forgotten costs a question."""

    def __init__(self) -> None:
        self._as_of: OrderedDict[str, int] = OrderedDict()

    def note(self, report: OrderReport) -> None:
        """`report` is applied, and the transaction committed that did it."""
        if report.as_of is None:
            return
        name = report.client_order_id
        # An answer may be overtaken by a later one; both are in the record then.
        self._as_of[name] = max(report.as_of, self._as_of.get(name, 0))
        self._as_of.move_to_end(name)
        if len(self._as_of) > _MOST:
            self._as_of.popitem(last=False)

    def forget(self) -> None:
        """The numbers are those of another journal from now on."""
        self._as_of.clear()

    def contain(self, event: BrokerEvent) -> bool:
        """Whether an answer to a question about the event would say nothing that is not applied."""
        if event.change is None or event.client_order_id is None:
            return False
        return event.change <= self._as_of.get(event.client_order_id, -1)
