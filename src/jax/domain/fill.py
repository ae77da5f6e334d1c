"""One execution at the broker."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.side import Side


@dataclass(frozen=True, slots=True)
class Fill:
    """`quantity` of `symbol` at `price`, both above zero; `commission` >= 0 in the account's currency.

    `execution_id` is the venue's and is unique within an account: a fill is applied once by it and its
    `revision`. Only the highest revision counts: 0 is the fill as it was first told, a later one corrects it,
    and one of quantity 0 says that it was busted.
    """

    execution_id: str
    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    commission: Decimal
    ts_event: datetime
    revision: int = 0

    def __post_init__(self) -> None:
        checks.text("execution_id", self.execution_id)
        checks.text("client_order_id", self.client_order_id, longest=64)
        checks.symbol("symbol", self.symbol)
        if not (self.revision >= 0):
            raise InvalidValue("revision", f"must not be negative, not {self.revision}")
        if self.revision > 0:
            checks.not_negative("quantity", self.quantity)
        else:
            checks.positive("quantity", self.quantity)
        checks.positive("price", self.price)
        checks.not_negative("commission", self.commission)
        checks.utc("ts_event", self.ts_event)
