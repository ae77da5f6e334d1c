"""Orders, fills and trades in schema `trading`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Row,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

from jax.adapters.postgres.rows import at_most, values_of
from jax.adapters.postgres.schema import trading_tables as trading
from jax.adapters.postgres.session import Session
from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN, ORDER_TRANSITIONS, OrderStatus
from jax.domain.trade import Trade
from jax.ports.errors import NotFound
from jax.ports.order_store import AccountRow

_TOLD_BY_BROKER = (
    "status",
    "filled_quantity",
    "average_price",
    "venue_order_id",
    "reason_code",
    "not_found_count",
    "updated_at",
    "cancel_requested_at",
)


class PostgresOrderStore:
    """Triggers refuse illegal steps and orders of artifacts that are not loadable, whoever writes."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def lock_account(self, account: str) -> AccountRow:
        row = await self._locked_account(account)
        if row is None:
            adding = insert_or(trading.account).values(account=account, epoch=0).on_conflict_do_nothing()
            await self._session.execute(adding)
            row = await self._locked_account(account)
        if row is None:
            raise NotFound(f"The row of account {account} was removed while it was being made.")
        return AccountRow(account=row.account, epoch=row.epoch)

    async def raise_epoch(self, account: str) -> int:
        adding = insert_or(trading.account).values(account=account, epoch=1)
        raising = adding.on_conflict_do_update(
            index_elements=["account"], set_={"epoch": trading.account.c.epoch + 1}
        ).returning(trading.account.c.epoch)
        epoch: int = (await self._session.execute(raising)).scalar_one()
        return epoch

    async def add(self, order: Order, trade: Trade) -> None:
        await self.lock_account(order.account)
        await self._session.execute(insert(trading.orders).values(**values_of(order)))
        await self._session.execute(insert(trading.trade).values(**values_of(trade)))

    async def add_exit(self, order: Order) -> None:
        await self.lock_account(order.account)
        await self._session.execute(insert(trading.orders).values(**values_of(order)))

    async def get(self, client_order_id: str) -> Order:
        query = (
            select(trading.orders)
            .where(trading.orders.c.client_order_id == client_order_id)
            .with_for_update(key_share=True)
        )
        row = (await self._session.execute(query)).one_or_none()
        if row is None:
            raise NotFound(f"There is no order {client_order_id}.")
        return Order(**row._mapping)

    async def save(self, order: Order) -> None:
        stored = await self.get(order.client_order_id)
        if await self._is_reopened_by_fills(stored, order):
            await self._write(order, {"status": OrderStatus.ADOPTED})
        await self._write(order, {field: getattr(order, field) for field in _TOLD_BY_BROKER})

    async def add_fill(self, account: str, fill: Fill) -> bool:
        table = trading.fill
        later = select(table.c.revision).where(
            table.c.account == account,
            table.c.execution_id == fill.execution_id,
            table.c.revision >= fill.revision,
        )
        if (await self._session.execute(later.limit(1))).one_or_none() is not None:
            return False
        adding = (
            insert_or(table)
            .values(account=account, **values_of(fill))
            .on_conflict_do_nothing(index_elements=["account", "execution_id", "revision"])
        )
        return (await self._session.execute(adding)).rowcount == 1

    async def fills(self, account: str) -> Sequence[Fill]:
        return await self._counting(trading.fill.c.account == account)

    async def fills_of(self, client_order_id: str) -> Sequence[Fill]:
        return await self._counting(trading.fill.c.client_order_id == client_order_id)

    async def of_signal(self, account: str, *, signal_id: str) -> Sequence[Order]:
        table = trading.orders
        query = (
            select(table)
            .where(table.c.account == account, table.c.signal_id == signal_id)
            .order_by(table.c.created_at, table.c.client_order_id.collate("C"))
        )
        return [Order(**row._mapping) for row in await self._session.execute(query)]

    async def in_status(self, account: str, statuses: frozenset[OrderStatus]) -> Sequence[Order]:
        table = trading.orders
        query = (
            select(table)
            .where(table.c.account == account, table.c.status.in_(sorted(statuses)))
            .order_by(table.c.created_at, table.c.client_order_id.collate("C"))
        )
        return [Order(**row._mapping) for row in await self._session.execute(query)]

    async def held_trades(self, account: str) -> Sequence[HeldTrade]:
        table = trading.orders
        filled = func.sum(
            case((table.c.leg == OrderLeg.ENTRY, table.c.filled_quantity), else_=-table.c.filled_quantity)
        )
        leaving = func.bool_or(and_(table.c.leg != OrderLeg.ENTRY, table.c.status.in_(sorted(OPEN))))
        signals = (
            select(table.c.signal_id)
            .where(table.c.account == account)
            .group_by(table.c.signal_id)
            .having(or_(filled > Decimal(0), leaving))
        )
        exits: dict[str, list[Order]] = {}
        leaves = (
            select(table)
            .where(table.c.account == account, table.c.signal_id.in_(signals), table.c.leg != OrderLeg.ENTRY)
            .order_by(table.c.created_at, table.c.client_order_id.collate("C"))
        )
        for row in await self._session.execute(leaves):
            exits.setdefault(row.signal_id, []).append(Order(**row._mapping))
        entries = (
            _trades_with_orders()
            .where(table.c.account == account, trading.trade.c.signal_id.in_(signals))
            .order_by(trading.trade.c.submitted_at, trading.trade.c.trade_id.collate("C"))
        )
        return [
            HeldTrade(trade, entry, tuple(exits.get(trade.signal_id, ())))
            for trade, entry in map(_trade_with_order, await self._session.execute(entries))
        ]

    async def newest(
        self, account: str, statuses: frozenset[OrderStatus], *, limit: int = 100
    ) -> Sequence[Order]:
        table = trading.orders
        query = (
            select(table)
            .where(table.c.account == account, table.c.status.in_(sorted(statuses)))
            .order_by(table.c.created_at.desc(), table.c.client_order_id.collate("C"))
            .limit(at_most(limit))
        )
        return [Order(**row._mapping) for row in await self._session.execute(query)]

    async def recorded_since(self, account: str, after: datetime) -> Sequence[Order]:
        table = trading.orders
        query = (
            select(table)
            .where(table.c.account == account, table.c.created_at > after)
            .order_by(table.c.created_at, table.c.client_order_id.collate("C"))
        )
        return [Order(**row._mapping) for row in await self._session.execute(query)]

    async def count_recorded(self, artifact_hash: str, *, after: datetime) -> int:
        table = trading.orders
        query = (
            select(func.count())
            .select_from(table)
            .where(
                table.c.artifact_hash == artifact_hash,
                table.c.created_at > after,
                table.c.leg == OrderLeg.ENTRY,
            )
        )
        count: int = (await self._session.execute(query)).scalar_one()
        return count

    async def trade_of_signal(self, signal_id: str) -> tuple[Trade, Order] | None:
        query = _trades_with_orders().where(trading.trade.c.signal_id == signal_id)
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else _trade_with_order(row)

    async def trades_of_signals(self, signal_ids: Collection[str]) -> Mapping[str, Trade]:
        if not signal_ids:
            return {}
        table = trading.trade
        query = select(table).where(
            table.c.signal_id == func.any(bindparam("ids", sorted(set(signal_ids)), ARRAY(Text)))
        )
        return {row.signal_id: Trade(**row._mapping) for row in await self._session.execute(query)}

    async def trades(self, account: str, *, limit: int = 100) -> Sequence[tuple[Trade, Order]]:
        query = (
            _trades_with_orders()
            .where(trading.orders.c.account == account)
            .order_by(trading.trade.c.submitted_at.desc(), trading.trade.c.trade_id.collate("C"))
            .limit(at_most(limit))
        )
        return [_trade_with_order(row) for row in await self._session.execute(query)]

    async def _locked_account(self, account: str) -> Row[Any] | None:
        # Not FOR UPDATE: that would also stop the rows that merely name the account in a foreign key.
        query = (
            select(trading.account)
            .where(trading.account.c.account == account)
            .with_for_update(key_share=True)
        )
        return (await self._session.execute(query)).one_or_none()

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

    async def _counting(self, which: ColumnElement[bool]) -> list[Fill]:
        table = trading.fill
        query = (
            select(*(c for c in table.columns if c.name not in {"account", "seq"}))
            .where(which)
            .order_by(table.c.seq)
        )
        counting: dict[str, Fill] = {}
        for row in await self._session.execute(query):
            # A correction takes the place of the execution's first telling.
            counting[row.execution_id] = Fill(**row._mapping)
        return list(counting.values())

    async def _write(self, order: Order, values: dict[str, Any]) -> None:
        where = trading.orders.c.client_order_id == order.client_order_id
        await self._session.execute(update(trading.orders).where(where).values(**values))


def _trades_with_orders() -> Select[Any]:
    columns = [*_labeled(trading.trade), *_labeled(trading.orders)]
    return select(*columns).join(
        trading.orders, trading.trade.c.client_order_id == trading.orders.c.client_order_id
    )


def _labeled(table: Table) -> list[Any]:
    return [c.label(f"{table.name}.{c.name}") for c in table.columns]


def _trade_with_order(row: Row[Any]) -> tuple[Trade, Order]:
    values = row._mapping
    trade = {c.name: values[f"trade.{c.name}"] for c in trading.trade.columns}
    order = {c.name: values[f"orders.{c.name}"] for c in trading.orders.columns}
    return Trade(**trade), Order(**order)
