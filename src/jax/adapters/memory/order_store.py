"""Orders, fills and trades, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from jax.adapters.memory.limits import at_most
from jax.adapters.memory.session import Session
from jax.adapters.memory.state import State
from jax.adapters.memory.step_rules import refusal_of_orders
from jax.domain.errors import IllegalTransition
from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg, check_first_status
from jax.domain.order_status import OPEN, ORDER_TRANSITIONS, OrderStatus
from jax.domain.signal import Signal
from jax.domain.trade import Trade
from jax.ports.errors import NotFound
from jax.ports.order_store import AccountRow, FillWritten, OrderWritten


class MemoryOrderStore:
    """Orders within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[str, AccountRow] = {}
        self.written: list[OrderWritten | FillWritten] = []

    def locked(self, account: str) -> AccountRow | None:
        return self._rows.get(account)

    async def lock_account(self, account: str) -> AccountRow:
        state = await self._session.write()
        if account not in self._rows:
            epoch, changed_in = state.epochs.setdefault(account, 0), state.changes.get(account, 0)
            server = self._session.server
            self._rows[account] = AccountRow(
                account, epoch, f"{server}/{changed_in}", next_change=f"{server}/{state.number}"
            )
        return self._rows[account]

    async def raise_epoch(self, account: str, *, above: int = 0) -> int:
        state = await self._session.write()
        self._rows.pop(account, None)
        state.epochs[account] = max(state.epochs.get(account, 0), above) + 1
        return state.epochs[account]

    async def add(self, order: Order, trade: Trade) -> None:
        state = await self._session.write()
        try:
            check_first_status(order)
        except IllegalTransition as error:
            raise self._session.conflict(f"The {error}.") from error
        for refusal in (*self._refusals_of_order(state, order), *_refusals_of_trade(state, order, trade)):
            raise self._session.conflict(refusal)
        state.epochs.setdefault(order.account, 0)
        state.orders[order.client_order_id] = order
        stored = state.trades[trade.trade_id] = replace(trade, policy_sha256=_policy_of(state, trade))
        self._note(state, order.account, OrderWritten(order, trade=stored))

    async def add_exit(self, order: Order) -> None:
        state = await self._session.write()
        try:
            check_first_status(order)
        except IllegalTransition as error:
            raise self._session.conflict(f"The {error}.") from error
        for refusal in _refusals_of_exit(state, order):
            raise self._session.conflict(refusal)
        state.orders[order.client_order_id] = order
        self._note(state, order.account, OrderWritten(order))

    async def get(self, client_order_id: str) -> Order:
        order = (await self._session.write()).orders.get(client_order_id)
        if order is None:
            raise NotFound(f"There is no order {client_order_id}.")
        return order

    async def save(self, order: Order) -> None:
        stored = await self.get(order.client_order_id)
        corrected = any(f.revision > 0 for f in await self.fills_of(order.client_order_id))
        if not _is_legal(stored, order, corrected=corrected):
            raise self._session.conflict(
                f"Order {order.client_order_id}: no step leads from {stored.status} with "
                f"{stored.filled_quantity} filled to {order.status} with {order.filled_quantity}."
            )
        state = await self._session.write()
        saved = state.orders[order.client_order_id] = replace(
            stored,
            status=order.status,
            filled_quantity=order.filled_quantity,
            average_price=order.average_price,
            venue_order_id=order.venue_order_id,
            reason_code=order.reason_code,
            not_found_count=order.not_found_count,
            updated_at=order.updated_at,
            cancel_requested_at=order.cancel_requested_at,
        )
        self._note(state, saved.account, OrderWritten(saved, stored))

    async def add_fill(self, account: str, fill: Fill) -> bool:
        state = await self._session.write()
        known = [key[2] for key in state.fills if key[:2] == (account, fill.execution_id)]
        if known and not (fill.revision > max(known)):
            return False
        order = state.orders.get(fill.client_order_id)
        if order is None or order.account != account:
            raise self._session.conflict(f"Account {account} has no order {fill.client_order_id}.")
        state.fills[account, fill.execution_id, fill.revision] = fill
        self._note(state, account, FillWritten(account, fill))
        return True

    async def fills(self, account: str) -> Sequence[Fill]:
        counting: dict[str, Fill] = {}
        for (owner, execution_id, _), fill in self._session.read().fills.items():
            if owner == account:
                # In the place of the execution's first telling.
                counting[execution_id] = fill
        return list(counting.values())

    async def signed_quantities(self, account: str) -> Mapping[str, Decimal]:
        held: dict[str, Decimal] = {}
        for fill in await self.fills(account):
            held[fill.symbol] = held.get(fill.symbol, Decimal(0)) + fill.quantity * fill.side.sign
        return held

    async def known(self, account: str, client_order_ids: Collection[str]) -> Collection[str]:
        orders = self._session.read().orders
        return {name for name in client_order_ids if name in orders and orders[name].account == account}

    async def fills_of(self, client_order_id: str) -> Sequence[Fill]:
        order = self._session.read().orders.get(client_order_id)
        if order is None:
            return []
        return [f for f in await self.fills(order.account) if f.client_order_id == client_order_id]

    async def of_signal(self, account: str, *, signal_id: str) -> Sequence[Order]:
        stored = self._session.read().orders.values()
        chosen = [order for order in stored if (order.account, order.signal_id) == (account, signal_id)]
        return sorted(chosen, key=lambda order: (order.created_at, order.client_order_id))

    async def in_status(self, account: str, statuses: frozenset[OrderStatus]) -> Sequence[Order]:
        stored = self._session.read().orders.values()
        chosen = [order for order in stored if order.account == account and order.status in statuses]
        return sorted(chosen, key=lambda order: (order.created_at, order.client_order_id))

    async def held_trades(self, account: str) -> Sequence[HeldTrade]:
        state = self._session.read()
        found = []
        for trade in state.trades.values():
            entry = state.orders[trade.client_order_id]
            if entry.account == account:
                of_signal = await self.of_signal(account, signal_id=trade.signal_id)
                exits = tuple(order for order in of_signal if order.reduces_only)
                found.append(HeldTrade(trade, entry, exits))
        chosen = [held for held in found if held.held_quantity > 0 or held.open_exits]
        return sorted(chosen, key=lambda held: (held.trade.submitted_at, held.trade.trade_id))

    async def newest(
        self, account: str, statuses: frozenset[OrderStatus], *, limit: int = 100
    ) -> Sequence[Order]:
        oldest_first = await self.in_status(account, statuses)
        by_id = sorted(oldest_first, key=lambda order: order.client_order_id)
        return sorted(by_id, key=lambda order: order.created_at, reverse=True)[: at_most(limit)]

    async def recorded_since(self, account: str, after: datetime) -> Sequence[Order]:
        stored = self._session.read().orders.values()
        chosen = [order for order in stored if order.account == account and order.created_at > after]
        return sorted(chosen, key=lambda order: (order.created_at, order.client_order_id))

    async def count_recorded(self, artifact_hash: str, *, besides: str, after: datetime) -> int:
        stored = self._session.read().orders.values()
        return sum(
            order.artifact_hash == artifact_hash and order.created_at > after and not order.reduces_only
            for order in stored
            if order.account != besides
        )

    async def trade_of_signal(self, signal_id: str) -> tuple[Trade, Order] | None:
        state = self._session.read()
        for trade in state.trades.values():
            if trade.signal_id == signal_id:
                return trade, state.orders[trade.client_order_id]
        return None

    async def trades_of_signals(self, signal_ids: Collection[str]) -> Mapping[str, Trade]:
        wanted = set(signal_ids)
        stored = self._session.read().trades.values()
        return {trade.signal_id: trade for trade in stored if trade.signal_id in wanted}

    async def trades_since(self, account: str, moment: datetime) -> Sequence[tuple[Trade, Order]]:
        state = self._session.read()
        pairs = [(trade, state.orders[trade.client_order_id]) for trade in state.trades.values()]
        chosen = [pair for pair in pairs if pair[1].account == account and pair[0].submitted_at >= moment]
        return sorted(chosen, key=lambda pair: (pair[0].submitted_at, pair[0].trade_id))

    async def trades(self, account: str, *, limit: int = 100) -> Sequence[tuple[Trade, Order]]:
        state = self._session.read()
        pairs = [(trade, state.orders[trade.client_order_id]) for trade in state.trades.values()]
        by_id = sorted(
            (pair for pair in pairs if pair[1].account == account), key=lambda pair: pair[0].trade_id
        )
        return sorted(by_id, key=lambda pair: pair[0].submitted_at, reverse=True)[: at_most(limit)]

    def _note(self, state: State, account: str, written: OrderWritten | FillWritten) -> None:
        state.changes[account] = state.number
        self.written.append(written)

    def _refusals_of_order(self, state: State, order: Order) -> list[str]:
        refusals = []
        if order.client_order_id in state.orders:
            refusals.append(f"Order {order.client_order_id} is stored already.")
        artifact = state.artifacts.get(order.artifact_id)
        if artifact is None or artifact.payload_sha256 != order.artifact_hash:
            refusals.append(f"Order {order.client_order_id} names an artifact that is not stored.")
        else:
            refusal = refusal_of_orders(self._session, artifact, order.created_at)
            refusals += [] if refusal is None else [f"Order {order.client_order_id}: {refusal}."]
        signal = state.signals.get(order.signal_id)
        if signal is None or _bytes_of(signal) != _bytes_of(order):
            refusals.append(
                f"Order {order.client_order_id} names a signal that is not stored or of other bytes."
            )
        return refusals


def _refusals_of_trade(state: State, order: Order, trade: Trade) -> list[str]:
    refusals = []
    if trade.trade_id in state.trades:
        refusals.append(f"Trade {trade.trade_id} is stored already.")
    if any(trade.signal_id == other.signal_id for other in state.trades.values()):
        refusals.append(f"Signal {trade.signal_id} has a trade already.")
    named = (trade.client_order_id, trade.signal_id, trade.artifact_id, trade.artifact_hash)
    if named != (order.client_order_id, order.signal_id, order.artifact_id, order.artifact_hash):
        refusals.append(f"Trade {trade.trade_id} does not belong to order {order.client_order_id}.")
    if trade.policy_sha256 not in {None, *(policy.sha256 for policy in state.policies)}:
        refusals.append(f"Trade {trade.trade_id} names a policy that is not stored.")
    return refusals


def _policy_of(state: State, trade: Trade) -> str:
    """The policy that the trade names; the released one for a trade that names none."""
    return trade.policy_sha256 or state.snapshots[-1].said.policy_sha256


def _bytes_of(value: Signal | Order) -> tuple[str, str]:
    return value.artifact_id, value.artifact_hash


def _refusals_of_exit(state: State, order: Order) -> list[str]:
    known = [
        other
        for other in state.orders.values()
        if (other.account, other.signal_id) == (order.account, order.signal_id)
    ]
    refusals = []
    if order.client_order_id in state.orders or any(
        (other.leg, other.revision) == (order.leg, order.revision) for other in known
    ):
        refusals.append(f"Order {order.client_order_id} is stored already.")
    entries = [other for other in known if other.leg is OrderLeg.ENTRY]
    if not entries or (entries[0].symbol, entries[0].side) != (order.symbol, order.side.opposite):
        return [*refusals, f"Order {order.client_order_id}: there is no entry of the other side to leave."]
    exits = [other for other in known if other.leg is not OrderLeg.ENTRY]
    left_already = sum((other.filled_quantity for other in exits), Decimal(0))
    leaving = sum(
        (other.leaves_quantity for other in exits if other.leg is order.leg and other.status in OPEN),
        Decimal(0),
    )
    has_filled = any(fill.client_order_id == entries[0].client_order_id for fill in state.fills.values())
    is_attached = _is_attached(order, entries[0], has_filled=has_filled)
    entered = entries[0].quantity if is_attached else entries[0].filled_quantity
    held = entered - left_already - leaving
    if order.status is not OrderStatus.DENIED and not (order.quantity <= held):
        refusals.append(
            f"Order {order.client_order_id}: {order.quantity} to leave are more than the {held} that its "
            "entry still holds."
        )
    return refusals


def _is_attached(order: Order, entry: Order, *, has_filled: bool) -> bool:
    """Whether the exit came with its entry: for the whole of it, since the venue bounds what it takes."""
    price = order.stop_price if order.leg is OrderLeg.STOP else order.limit_price
    attached = {OrderLeg.STOP: entry.bracket_stop_price, OrderLeg.TARGET: entry.bracket_target_price}
    is_first = order.revision == 0 and has_filled
    return is_first and price is not None and attached.get(order.leg) == price


def _is_legal(stored: Order, order: Order, *, corrected: bool) -> bool:
    """A step of the table, or none at all; fills that change reopen a closed order by way of ADOPTED."""
    steps = ORDER_TRANSITIONS[stored.status]
    if order.filled_quantity < stored.filled_quantity and not corrected:
        return False
    if order.status in steps:
        return True
    if order.filled_quantity > stored.filled_quantity or (
        corrected
        and (order.filled_quantity, order.average_price) != (stored.filled_quantity, stored.average_price)
    ):
        return OrderStatus.ADOPTED in steps and order.status in ORDER_TRANSITIONS[OrderStatus.ADOPTED]
    return order.status is stored.status and order.average_price == stored.average_price
