"""From an approved signal to at most one order at the broker."""

from collections.abc import Callable, Mapping

from jax.domain.controls import TradingMode
from jax.domain.loaded_artifact import EntryRight
from jax.domain.order import Order
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.modules.execution.broker_means import BrokerMeans
from jax.modules.execution.keyed_execution import Asked
from jax.modules.execution.record_entry import EntryRoute, Executed, RecordEntry
from jax.modules.execution.record_order import TradingAccount
from jax.modules.execution.send_order import SendOrder
from jax.ports.broker import Broker
from jax.ports.clock import Clock
from jax.ports.errors import PortError

__all__ = ["ExecuteSignal", "Executed"]


class ExecuteSignal:
    """Record, commit, ask the gate once more, send, record the answer, commit.

    A revocation waits for nobody, so one that is committed after that last question and before the broker
    has the order does not stop it: it is canceled as a working entry (CancelEntries).

    A crash or an error between the two commits leaves an order in PENDING_NEW or UNKNOWN, which
    reconciliation resolves by asking the broker; nothing is ever sent twice for one signal.
    """

    def __init__(
        self,
        *,
        unit_of_work: BookedUnitOfWork,
        broker: Broker,
        clock: Clock,
        trading: TradingAccount,
        loaded: Callable[[], Mapping[str, EntryRight]],
    ) -> None:
        """`loaded` says what this trader may enter for now, by the hashes of its artifacts."""
        self._unit_of_work = unit_of_work
        self._broker = broker
        self._trading = trading
        self._loaded = loaded
        means = BrokerMeans(broker, trading.account, clock)
        self._entry = RecordEntry(unit_of_work, means, clock, trading, loaded)
        self._sender = SendOrder(unit_of_work=unit_of_work, broker=broker, clock=clock)

    async def execute(self, signal_id: str, *, approved_by: str, key: str | None = None) -> Executed | Denied:
        """The trade of the signal, or why there is none.

        NotFound for an unknown signal; Unavailable when the database could not be reached before anything
        was recorded; OutcomeUnknown when it was lost during the first commit: nothing was sent then, and the
        same call may be made again. Under a `key` the answer of the decision is kept with it for good.
        """
        asked = Asked(self._trading.account, signal_id, approved_by, key)
        broker = self._broker
        route = EntryRoute(broker.name, broker.is_live, broker.has_brackets)
        recorded = await self._entry.record(asked, route=route)
        if isinstance(recorded, Denied | Executed):
            return recorded
        trade, order = recorded
        sent = await self._sender.send(order, hold_back=self._reason_to_hold_back)
        return Executed(trade, sent, repeated=False)

    async def _reason_to_hold_back(self, order: Order) -> str | None:
        """Why the recorded order stays in the house; nothing may come between a None and the sending."""
        # The commit, or this process, may have stood still for as long as it took to revoke the artifact, and
        # the trader may not have heard of it yet.
        try:
            async with self._unit_of_work.begin() as transaction:
                standing = await transaction.grounds.standing(order.account, artifact_id=order.artifact_id)
        except PortError:
            return "GATE_NOT_READ"
        right = self._loaded().get(order.artifact_hash)
        if not standing.is_loadable or right is None or right.artifact_id != order.artifact_id:
            return ReasonCode.ARTIFACT_NOT_LOADABLE
        controls = standing.controls
        if controls.kill is not None or self._trading.kills():
            return ReasonCode.KILL_SWITCH
        if controls.mode_of(order.strategy) is not TradingMode.NORMAL:
            return ReasonCode.MODE_REDUCE
        return None
