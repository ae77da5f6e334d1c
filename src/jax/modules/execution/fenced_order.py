"""Only the trader that holds an account's epoch writes what became of the account's orders."""

from jax.domain.order import Order
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction


async def fenced_order(transaction: Transaction, order: Order, *, epoch: int) -> Order:
    """The stored order, after locking its account; Conflict when another trader has taken over."""
    row = await transaction.orders.lock_account(order.account)
    if row.epoch != epoch:
        raise Conflict(f"another trader has taken over {order.account} (epoch {row.epoch}): stop this one")
    return await transaction.orders.get(order.client_order_id)
