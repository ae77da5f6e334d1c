"""What a decision asks a broker for: the account and the market, and nothing that would change them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from jax.domain.account import AccountSnapshot
from jax.domain.quote import Quote


class AccountView(Protocol):
    """Asking changes nothing, so that it may be repeated.

    Any call may raise Unavailable or OutcomeUnknown: there is no answer then.
    """

    @property
    def name(self) -> str:
        """Of what trades there, such as `paper`."""
        ...

    async def account(self, account: str) -> AccountSnapshot:
        """The account's means now."""
        ...

    async def positions(self, account: str) -> Mapping[str, Decimal]:
        """Signed quantity by symbol; only what is not flat."""
        ...

    async def quote(self, symbol: str) -> Quote:
        """The newest quote; NotFound when there is none."""
        ...
