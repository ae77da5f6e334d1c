"""The account that this trader holds at a broker, and what it takes to speak of it."""

from collections.abc import Callable
from dataclasses import dataclass

from jax.domain.risk.inputs import Route
from jax.modules.execution.booked_unit_of_work import BookedUnitOfWork
from jax.ports.broker import Broker
from jax.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """`epoch` is the one that this trader holds: whoever writes under an older one is fenced.

    `kills` says which kill switches are engaged besides the account's own, such as a file.
    """

    unit_of_work: BookedUnitOfWork
    broker: Broker
    clock: Clock
    account: str
    epoch: int
    execution_enabled: bool = True
    kills: Callable[[], tuple[str, ...]] = tuple

    def route(self) -> Route:
        """Where orders go now."""
        return Route(
            self.broker.name,
            is_live=self.broker.is_live,
            execution_enabled=self.execution_enabled,
            kills=self.kills(),
        )
