"""The account at the broker."""

from dataclasses import dataclass
from decimal import Decimal

from jax.domain import checks


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """What the broker says the account holds now, in `currency`; `buying_power` is zero or above."""

    account: str
    currency: str
    cash: Decimal
    net_liquidation: Decimal
    buying_power: Decimal

    def __post_init__(self) -> None:
        checks.text("account", self.account, longest=64)
        checks.currency("currency", self.currency)
        checks.finite("cash", self.cash)
        checks.finite("net_liquidation", self.net_liquidation)
        checks.not_negative("buying_power", self.buying_power)
