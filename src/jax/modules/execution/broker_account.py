"""The account that this trader holds at a broker, and what it takes to speak of it."""

from dataclasses import dataclass

from jax.ports.broker import Broker
from jax.ports.clock import Clock
from jax.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class BrokerAccount:
    """`epoch` is the one that this trader holds: whoever writes under an older one is fenced."""

    unit_of_work: UnitOfWork
    broker: Broker
    clock: Clock
    account: str
    epoch: int
