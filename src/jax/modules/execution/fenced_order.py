"""Only the trader that holds an account's epoch writes what became of the account's orders."""

from jax.domain.order import Order
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction


async def fence(transaction: Transaction, account: str, *, epoch: int) -> None:
    """Locks the account until the transaction ends; Conflict when another trader has taken over."""
    row = await transaction.orders.lock_account(account)
    if row.epoch != epoch:
        raise Conflict(f"another trader has taken over {account} (epoch {row.epoch}): stop this one")


async def fenced_order(transaction: Transaction, order: Order, *, epoch: int) -> Order:
    """The stored order, after locking its account; Conflict when another trader has taken over."""
    await fence(transaction, order.account, epoch=epoch)
    return await transaction.orders.get(order.client_order_id)
