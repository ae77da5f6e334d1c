"""What of the account a person must look at."""

from datetime import timedelta

from jax.domain.controls import AccountControls, TradingMode
from jax.domain.order import Order
from jax.domain.order_status import UNRESOLVED
from jax.modules.execution.broker_account import BrokerAccount

# Longer than a broker needs to show an order, and reconciliation to ask for it often.
ESCALATED_AFTER = timedelta(seconds=30)


class WatchAccount:
    """Changes nothing: an order whose outcome stays unknown is for people, not for guesses."""

    def __init__(self, at: BrokerAccount) -> None:
        self._at = at
        self.alarms: tuple[str, ...] = ()
        self.oldest_unresolved_seconds = 0.0

    async def run_once(self) -> None:
        """Looks at what was said of the account and at its unresolved orders."""
        async with self._at.unit_of_work.begin() as transaction:
            controls = await transaction.controls.get(self._at.account)
            unresolved = await transaction.orders.in_status(self._at.account, UNRESOLVED)
        ages = [(self._at.clock.now() - order.created_at, order) for order in unresolved]
        self.oldest_unresolved_seconds = max((age.total_seconds() for age, _ in ages), default=0.0)
        self.alarms = (
            *_said_of(controls),
            *(_escalated(order, age) for age, order in ages if not (age <= ESCALATED_AFTER)),
        )


def _said_of(controls: AccountControls) -> list[str]:
    said = []
    if controls.kill is not None:
        said.append(f"the kill switch is engaged by {controls.kill.actor}: {controls.kill.reason}")
    if controls.mode is not None and controls.mode.mode is not TradingMode.NORMAL:
        change = controls.mode
        said.append(f"the account is in {change.mode} by {change.said.actor}: {change.said.reason}")
    return said


def _escalated(order: Order, age: timedelta) -> str:
    return (
        f"order {order.client_order_id} is {order.status} for {age.total_seconds():.0f} seconds: "
        "look at the broker whether it has it"
    )
