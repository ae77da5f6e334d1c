"""Records an order that leaves a trade, commits it, and sends it."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from jax.domain.audit import AuditEvent
from jax.domain.canonical_json import Json
from jax.domain.controls import Said
from jax.domain.derived_id import client_order_id
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg, OrderType, TimeInForce
from jax.domain.position import Position
from jax.domain.risk.decide import decide
from jax.domain.risk.decision_document import decision_document
from jax.domain.risk.inputs import ExitInputs, WantedExit
from jax.domain.risk.inputs_document import inputs_text
from jax.domain.risk_decision import Denied
from jax.modules.execution.broker_account import BrokerAccount
from jax.modules.execution.fenced_order import fence
from jax.modules.execution.send_order import SendOrder
from jax.ports.unit_of_work import Transaction

_SEND_WITHIN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class WayOut:
    """What an exit is made of: at the market without a price; `price` is a limit's or a stop's."""

    leg: OrderLeg
    quantity: Decimal
    order_type: OrderType = OrderType.MARKET
    price: Decimal | None = None


class LeaveTrade:
    """Exits go out under the same protocol as entries: recorded and committed first, sent once.

    They ask neither the gate nor the limits: to leave never takes more risk, and an artifact that was revoked
    still has its stop. People may hold them back (risk/exit_rules).
    """

    def __init__(self, at: BrokerAccount) -> None:
        self._route = at.route
        self._unit_of_work = at.unit_of_work
        self._sender = SendOrder(unit_of_work=at.unit_of_work, broker=at.broker, clock=at.clock)
        self._clock = at.clock
        self._account = at.account
        self._epoch = at.epoch

    async def leave(self, held: HeldTrade, way: WayOut, said: Said) -> Order | Denied | None:
        """The exit as it stands, or why there is none; None when the trade is not as `held` says any more.

        Conflict when another trader has taken over.
        """
        async with self._unit_of_work.begin() as transaction:
            await fence(transaction, self._account, epoch=self._epoch)
            if await self._now(transaction, held) != held:
                return None
            inputs = await self._inputs(transaction, held, way)
            decision = decide(inputs)
            if isinstance(decision, Denied):
                return decision
            order = self._order(held, way)
            await transaction.orders.add_exit(order)
            data: Json = {
                "account": self._account,
                "inputs": inputs_text(inputs),
                **decision_document(decision),
                "leg": order.leg,
                "order_type": order.order_type,
                "price": None if way.price is None else str(way.price),
                "held_quantity": str(held.held_quantity),
                "trade_id": held.trade.trade_id,
                "reason": said.reason,
            }
            await transaction.audit.append(
                AuditEvent("order.leaving", order.client_order_id, said.actor, said.at, data)
            )
        return await self._sender.send(order)

    async def _inputs(self, transaction: Transaction, held: HeldTrade, way: WayOut) -> ExitInputs:
        entry = held.entry
        wanted = WantedExit(
            signal_id=entry.signal_id,
            strategy=entry.strategy,
            symbol=entry.symbol,
            side=entry.side.opposite,
            leg=way.leg,
            quantity=way.quantity,
            held=held.held_quantity,
        )
        book = await self._unit_of_work.book(transaction)
        position = book.positions.get(wanted.symbol, Position(wanted.symbol))
        controls = await transaction.controls.get(self._account)
        return ExitInputs(
            wanted=wanted,
            signed_quantity=position.signed_quantity,
            leaving=book.leaving_beside(wanted),
            controls=controls.concerning(strategy=wanted.strategy, artifact_hash=entry.artifact_hash),
            route=self._route(),
        )

    async def _now(self, transaction: Transaction, held: HeldTrade) -> HeldTrade:
        """The trade as it is stored now, while nobody else may change it."""
        orders = await transaction.orders.of_signal(self._account, signal_id=held.trade.signal_id)
        entry = next(order for order in orders if not order.reduces_only)
        return HeldTrade(held.trade, entry, tuple(order for order in orders if order.reduces_only))

    def _order(self, held: HeldTrade, way: WayOut) -> Order:
        entry, now = held.entry, self._clock.now()
        revision = held.next_revision(way.leg)
        is_market = way.order_type is OrderType.MARKET
        return Order(
            client_order_id=client_order_id(
                account=self._account,
                strategy=entry.strategy,
                signal_id=entry.signal_id,
                leg=way.leg.number,
                revision=revision,
            ),
            account=self._account,
            signal_id=entry.signal_id,
            artifact_id=entry.artifact_id,
            artifact_hash=entry.artifact_hash,
            strategy=entry.strategy,
            symbol=entry.symbol,
            side=entry.side.opposite,
            order_type=way.order_type,
            quantity=way.quantity,
            limit_price=way.price if way.order_type is OrderType.LIMIT else None,
            time_in_force=TimeInForce.DAY if is_market else TimeInForce.GTC,
            epoch=self._epoch,
            created_at=now,
            deadline_at=now + _SEND_WITHIN,
            updated_at=now,
            leg=way.leg,
            revision=revision,
            stop_price=way.price if way.order_type is OrderType.STOP else None,
        )
