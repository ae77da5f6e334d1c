"""Orders, fills and trades in schema `trading`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from jax.adapters.postgres import order_statements as run
from jax.adapters.postgres.rows import at_most, values_of
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order
from jax.domain.order_status import ORDER_TRANSITIONS, OrderStatus
from jax.domain.trade import Trade
from jax.ports.errors import NotFound
from jax.ports.order_store import AccountRow, FillWritten, OrderWritten


class PostgresOrderStore:
    """Triggers refuse illegal steps and orders of artifacts that are not loadable, whoever writes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._locked: dict[str, AccountRow] = {}
        # Rows that this transaction holds locks of: nobody else changes them.
        self._got: dict[str, Order] = {}
        self.written: list[OrderWritten | FillWritten] = []

    def locked(self, account: str) -> AccountRow | None:
        return self._locked.get(account)

    def has_locked(self, account: str, found: Mapping[str, Any]) -> None:
        """This transaction holds the lock of the account's row; `found` has LOCKED_COLUMNS."""
        self._locked.setdefault(account, _row_of(account, found))

    def has_got(self, order: Order) -> Order:
        """This transaction holds the lock of the order's row."""
        self._got[order.client_order_id] = order
        return order

    async def lock_account(self, account: str) -> AccountRow:
        if account not in self._locked:
            self._locked[account] = await self._lock(account)
        return self._locked[account]

    async def raise_epoch(self, account: str, *, above: int = 0) -> int:
        self._locked.pop(account, None)
        raised = await self._session.execute(run.RAISE_EPOCH, of_account=account, above=above)
        epoch: int = raised.scalar_one()
        return epoch

    async def add(self, order: Order, trade: Trade) -> None:
        await self.lock_account(order.account)
        # The order first: its refusal is the one that is heard.
        await self._session.write(run.ADD_ORDER, **values_of(order))
        await self._session.write(run.ADD_TRADE, **values_of(trade))
        self.written.append(OrderWritten(order, trade=trade))

    async def add_exit(self, order: Order) -> None:
        await self.lock_account(order.account)
        await self._session.write(run.ADD_ORDER, **values_of(order))
        self.written.append(OrderWritten(order))

    async def get(self, client_order_id: str) -> Order:
        rows = await self._session.rows(run.ORDER, with_id=client_order_id)
        if not rows:
            raise NotFound(f"There is no order {client_order_id}.")
        return self.has_got(Order(**rows[0]))

    async def save(self, order: Order) -> None:
        stored = self._got.get(order.client_order_id) or await self.get(order.client_order_id)
        if await self._is_reopened_by_fills(stored, order):
            await self._session.change(run.ADOPT_ORDER, with_id=order.client_order_id)
        told = {f"new_{field}": getattr(order, field) for field in run.TOLD_BY_BROKER}
        await self._session.write(run.WRITE_ORDER, with_id=order.client_order_id, **told)
        self._got[order.client_order_id] = order
        self.written.append(OrderWritten(order, stored))

    async def add_fill(self, account: str, fill: Fill) -> bool:
        if await self._session.change(run.ADD_FILL, account=account, **values_of(fill)) == 0:
            return False
        self.written.append(FillWritten(account, fill))
        return True

    async def fills(self, account: str) -> Sequence[Fill]:
        return await self._counting(run.FILLS, of_account=account)

    async def signed_quantities(self, account: str) -> Mapping[str, Decimal]:
        rows = await self._session.rows(run.SIGNED_QUANTITIES, of_account=account)
        return {row["symbol"]: row["signed_quantity"] for row in rows}

    async def known(self, account: str, client_order_ids: Collection[str]) -> Collection[str]:
        if not client_order_ids:
            return set()
        rows = await self._session.rows(run.KNOWN, of_account=account, names=list(client_order_ids))
        return {row["client_order_id"] for row in rows}

    async def fills_of(self, client_order_id: str) -> Sequence[Fill]:
        return await self._counting(run.FILLS_OF_ORDER, with_id=client_order_id)

    async def of_signal(self, account: str, *, signal_id: str) -> Sequence[Order]:
        return await self._orders(run.OF_SIGNAL, of_account=account, of_signal=signal_id)

    async def in_status(self, account: str, statuses: frozenset[OrderStatus]) -> Sequence[Order]:
        return await self._orders(run.IN_STATUS, of_account=account, statuses=sorted(statuses))

    async def held_trades(self, account: str) -> Sequence[HeldTrade]:
        exits: dict[str, list[Order]] = {}
        for order in await self._orders(run.EXITS_OF_HELD, of_account=account):
            exits.setdefault(order.signal_id, []).append(order)
        entries = await self._session.rows(run.ENTRIES_OF_HELD, of_account=account)
        return [
            HeldTrade(trade, entry, tuple(exits.get(trade.signal_id, ())))
            for trade, entry in map(run.trade_with_order, entries)
        ]

    async def newest(
        self, account: str, statuses: frozenset[OrderStatus], *, limit: int = 100
    ) -> Sequence[Order]:
        most = at_most(limit)
        return await self._orders(run.NEWEST, of_account=account, statuses=sorted(statuses), most=most)

    async def recorded_since(self, account: str, after: datetime) -> Sequence[Order]:
        return await self._orders(run.RECORDED_SINCE, of_account=account, after=after)

    async def trade_of_signal(self, signal_id: str) -> tuple[Trade, Order] | None:
        rows = await self._session.rows(run.TRADE_OF_SIGNAL, of_signal=signal_id)
        return run.trade_with_order(rows[0]) if rows else None

    async def trades_of_signals(self, signal_ids: Collection[str]) -> Mapping[str, Trade]:
        if not signal_ids:
            return {}
        found = await self._session.rows(run.TRADES_OF_SIGNALS, of_signals=sorted(set(signal_ids)))
        return {row["signal_id"]: Trade(**row) for row in found}

    async def trades_since(self, account: str, moment: datetime) -> Sequence[tuple[Trade, Order]]:
        found = await self._session.rows(run.TRADES_SINCE, of_account=account, moment=moment)
        return [run.trade_with_order(row) for row in found]

    async def trades(self, account: str, *, limit: int = 100) -> Sequence[tuple[Trade, Order]]:
        found = await self._session.rows(run.TRADES, of_account=account, most=at_most(limit))
        return [run.trade_with_order(row) for row in found]

    async def _lock(self, account: str) -> AccountRow:
        found = await self._session.rows(run.LOCK_ACCOUNT, of_account=account)
        if not found:
            await self._session.change(run.MAKE_ACCOUNT, of_account=account)
            found = await self._session.rows(run.LOCK_ACCOUNT, of_account=account)
        if not found:
            raise NotFound(f"The row of account {account} was removed while it was being made.")
        return _row_of(account, found[0])

    async def _is_reopened_by_fills(self, stored: Order, order: Order) -> bool:
        """Whether a closed order was filled after all, or its fills corrected: Order says it in one move."""
        steps = ORDER_TRANSITIONS[stored.status]
        if order.status in steps or OrderStatus.ADOPTED not in steps:
            return False
        if order.filled_quantity > stored.filled_quantity:
            return True
        is_changed = (order.filled_quantity, order.average_price) != (
            stored.filled_quantity,
            stored.average_price,
        )
        return is_changed and any(fill.revision > 0 for fill in await self.fills_of(order.client_order_id))

    async def _orders(self, statement: Statement, **values: Any) -> list[Order]:
        return [Order(**row) for row in await self._session.rows(statement, **values)]

    async def _counting(self, statement: Statement, **values: Any) -> list[Fill]:
        counting: dict[str, Fill] = {}
        for row in await self._session.rows(statement, **values):
            # A correction takes the place of the execution's first telling.
            counting[row["execution_id"]] = run.stored_fill(row)
        return list(counting.values())


def _row_of(account: str, found: Mapping[str, Any]) -> AccountRow:
    # Numbers of transactions that a standby has not heard of are given again when it takes over.
    server = found["server_started"].isoformat()
    return AccountRow(
        account,
        found["epoch"],
        change=f"{server}/{found['changed_in']}",
        next_change=f"{server}/{found['this_transaction']}",
    )
