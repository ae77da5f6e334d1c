"""The gateway's own book: what arrived, what became of it, what was executed.

Whatever a client sends is booked, twice if it comes twice: what must not happen has to be visible here. The
paper venue does the matching behind names of the book's own, so that it forgives no duplicate either.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.adapters.brokers.paper.venue import PaperVenue
from jax.adapters.brokers.paper.venue_file import IN_MEMORY
from jax.domain.bar import Bar
from jax.domain.fill import Fill
from jax.domain.instrument import Instrument
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.order_status import OrderStatus
from jax.domain.side import Side
from jax.ports.clock import Clock
from jax.ports.errors import NotFound, Refused
from tests.ib_gateway.messages import WireContract, WireExecution, WireOrder

_TYPES = {"MKT": OrderType.MARKET, "LMT": OrderType.LIMIT, "STP": OrderType.STOP}
_GROUP_LEGS = {"LMT": OrderLeg.TARGET, "STP": OrderLeg.STOP}
_WORDS = {
    OrderStatus.NEW: "Submitted",
    OrderStatus.PARTIALLY_FILLED: "Submitted",
    OrderStatus.FILLED: "Filled",
    OrderStatus.CANCELED: "Cancelled",
    OrderStatus.EXPIRED: "Cancelled",
    OrderStatus.REJECTED: "Inactive",
}


@dataclass
class GatewayBook:
    """One account at Interactive Brokers; it outlives the gateway's restarts."""

    clock: Clock
    account: PaperAccount
    arrived: list[WireOrder] = field(default_factory=list)
    executions: list[WireExecution] = field(default_factory=list)
    commission: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        self.engine = PaperVenue(IN_MEMORY, self.account, self.clock)
        self.symbols: list[str] = []

    def arrivals(self) -> Counter[str]:
        """How many orders came under each reference."""
        return Counter(order.order_ref for order in self.arrived)

    def contract(self, symbol: str) -> WireContract:
        if symbol not in self.symbols:
            self.symbols.append(symbol)
        return WireContract(1000 + self.symbols.index(symbol), symbol)

    def take(self, order: WireOrder) -> str | None:
        """Books the order; a text says why the market refuses it."""
        self.arrived.append(order)
        leg = _GROUP_LEGS.get(order.order_type, OrderLeg.CLOSE) if order.oca_group else OrderLeg.ENTRY
        now = self.clock.now()
        try:
            self.engine.place(
                Order(
                    client_order_id=_engine_name(order),
                    account=order.account,
                    signal_id=order.oca_group or _engine_name(order),
                    artifact_id="none",
                    artifact_hash="sha256:" + "0" * 64,
                    strategy="none",
                    symbol=order.contract.symbol.replace(" ", "."),
                    side=Side(order.action),
                    order_type=_TYPES[order.order_type],
                    quantity=order.quantity,
                    limit_price=Decimal(order.limit_price) if order.order_type == "LMT" else None,
                    stop_price=Decimal(order.stop_price) if order.order_type == "STP" else None,
                    time_in_force=TimeInForce(order.time_in_force),
                    epoch=0,
                    created_at=now,
                    deadline_at=now + timedelta(minutes=1),
                    updated_at=now,
                    leg=leg,
                )
            )
        except Refused as error:
            order.status, order.remark = "Inactive", str(error)
            return error.code
        return None

    def cancel(self, order: WireOrder, remark: str = "Cancelled by Trader") -> None:
        self.engine.cancel(_engine_name(order))
        order.remark = remark

    def hear(self, bars: Sequence[Bar], instruments: dict[str, Instrument]) -> None:
        self.engine.on_bars(bars, instruments)

    def news(self) -> Iterator[tuple[WireOrder, list[WireExecution]]]:
        """Each order that has changed since it was last looked at, with its new executions."""
        for order in self.arrived:
            if order.status == "Inactive":
                continue
            try:
                report = self.engine.query(_engine_name(order))
            except NotFound:
                continue  # booked, and kept from the market by a script
            known = sum(told.order is order and told.exec_id.endswith(".01") for told in self.executions)
            new = list(enumerate(report.fills))[known:]
            fresh = [self._execution(order, number, fill) for number, fill in new]
            self.executions.extend(fresh)
            status = _WORDS[report.status]
            if fresh or status != order.status:
                order.filled += sum((told.shares for told in fresh), Decimal(0))
                order.status = status
                if report.status is OrderStatus.EXPIRED:
                    order.remark = "Order Expired"
                yield order, fresh

    def settle(self) -> None:
        """What has happened stays untold until somebody asks."""
        for _ in self.news():
            continue

    def cancel_groups(self) -> bool:
        """Cancels what is left of a group of which one order has filled; says whether there was anything."""
        filled = {order.oca_group for order in self.arrived if order.status == "Filled"} - {""}
        left = [order for order in self.arrived if order.oca_group in filled and not order.is_closed]
        for order in left:
            self.cancel(order, "Cancelled by System")
        return bool(left)

    def correct(self, execution: WireExecution, *, shares: Decimal, price: Decimal) -> WireExecution:
        """Another revision of an execution; one of no shares is a bust."""
        root, _, last = execution.exec_id.rpartition(".")
        exec_id = f"{root}.{int(last) + 1:02d}"
        corrected = replace(execution, exec_id=exec_id, shares=shares, price=price)
        self.executions.append(corrected)
        return corrected

    def execute(self, order: WireOrder, shares: Decimal, price: Decimal) -> WireExecution:
        """An execution past the engine: of an order that is closed, for one."""
        number = sum(told.order is order for told in self.executions)
        told = WireExecution(
            exec_id=f"0000e0d5.{order.perm_id:08x}.{number:02d}.01",
            order=order,
            shares=shares,
            price=price,
            cumulative=order.filled + shares,
            commission=self.commission,
            at=self.clock.now(),
        )
        order.filled += shares
        self.executions.append(told)
        return told

    def positions(self) -> dict[str, Decimal]:
        return dict(self.engine.positions(self.account.account))

    def _execution(self, order: WireOrder, number: int, fill: Fill) -> WireExecution:
        return WireExecution(
            exec_id=f"0000e0d5.{order.perm_id:08x}.{number:02d}.01",
            order=order,
            shares=fill.quantity,
            price=fill.price,
            cumulative=fill.quantity,
            commission=self.commission,
            at=self.clock.now(),
        )


def _engine_name(order: WireOrder) -> str:
    return f"perm{order.perm_id}"
