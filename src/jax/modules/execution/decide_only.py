"""An approved signal is decided on and recorded, and comes to nothing: the shadow of ExecuteSignal."""

from collections.abc import Callable, Mapping
from typing import Final

from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.risk_decision import Denied
from jax.modules.execution.apply_report import save_order
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_means import BrokerMeans
from jax.modules.execution.keyed_execution import Asked
from jax.modules.execution.record_entry import EntryRoute, Executed, RecordEntry
from jax.modules.execution.record_order import TradingAccount
from jax.ports.account_view import AccountView
from jax.ports.clock import Clock
from jax.ports.unit_of_work import Transaction

SHADOW: Final = "SHADOW"


class DecideOnly:
    """There is nothing here that could place an order: an AccountView is all it has of the broker.

    The order is recorded and taken back in one transaction, so that none is ever open, whatever dies. It
    counts for the pace and for the day's risk as one that was sent. What the account holds is what the broker
    says, since nothing of it comes from here.
    """

    def __init__(
        self,
        unit_of_work: BookedUnitOfWork,
        view: AccountView,
        clock: Clock,
        trading: TradingAccount,
        loaded: Callable[[], Mapping[str, EntryRight]],
    ) -> None:
        """`loaded` says what this trader may enter for now, by the hashes of its artifacts."""
        self._view = view
        self._account = trading.account
        self._clock = clock
        means = BrokerMeans(view, trading.account, clock, holdings_are_the_brokers=True)
        self._entry = RecordEntry(unit_of_work, means, clock, trading, loaded)

    async def execute(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Executed | Denied:
        """What would have been traded, or why nothing; raises as ExecuteSignal does."""
        # What is never placed spends no money: whether it would be armed is asked when it is.
        route = EntryRoute(self._view.name, is_live=False)
        asked = Asked(self._account, signal_id, approved_by, key)
        recorded = await self._entry.record(asked, route=route, and_then=self._take_back)
        if isinstance(recorded, Denied | Executed):
            return recorded
        return Executed(*recorded, repeated=False)

    async def _take_back(self, transaction: Transaction, order: Order) -> Order:
        stored = await transaction.orders.get(order.client_order_id)
        taken_back = stored.moved_to(OrderStatus.CANCELED, at=self._clock.now(), reason_code=SHADOW)
        return await save_order(transaction, taken_back, before=stored)
