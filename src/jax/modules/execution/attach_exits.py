"""Records the ways out that went to the venue together with their entry."""

from jax.domain.audit import TRADER, AuditEvent
from jax.domain.bracket import attached_exits
from jax.domain.canonical_json import Json
from jax.domain.order import Order
from jax.ports.unit_of_work import Transaction


async def attach_exits(transaction: Transaction, entry: Order) -> None:
    """Done in the transaction that books the first fill of `entry`, busted or not; nothing without a bracket.

    What they are was committed with the entry, before it was sent. From its first fill on they may work, so
    from then on they are orders without an answer, which reconciliation asks about; before it there is
    nothing that they could leave.
    """
    exits = attached_exits(entry, at=entry.updated_at)
    if not exits:
        return
    known = await transaction.orders.of_signal(entry.account, signal_id=entry.signal_id)
    if any(order.reduces_only for order in known):
        # Its first fill was busted, and this is that again, or another first one.
        return
    for order in exits:
        await transaction.orders.add_exit(order)
    names: Json = {str(order.leg): order.client_order_id for order in exits}
    await transaction.audit.append(
        AuditEvent("order.attached", entry.client_order_id, TRADER, entry.updated_at, names)
    )
