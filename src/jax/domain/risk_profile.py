"""The limits that people approved together with a strategy."""

from dataclasses import dataclass, replace
from decimal import Decimal

from jax.domain.entry_decision import RiskLimits


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """`max_position_fraction` is of net liquidation, above 0; money in the account's currency, above 0.

    `max_order_notional` bounds one order, `max_orders_per_minute` all orders of the artifact; an entry price
    may lie at most `price_collar_fraction` from the market's; `venues` are the brokers' names.
    """

    max_position_fraction: Decimal
    max_daily_loss: Decimal
    allowed_order_types: tuple[str, ...]
    max_order_notional: Decimal
    max_orders_per_minute: int
    price_collar_fraction: Decimal
    venues: tuple[str, ...]

    def tightened(self, limits: RiskLimits) -> RiskLimits:
        """The tighter of each pair: an artifact may take less risk than the trader allows, never more."""
        fraction = min(limits.sizing.max_position_value_fraction, self.max_position_fraction)
        return replace(
            limits,
            sizing=replace(limits.sizing, max_position_value_fraction=fraction),
            max_daily_loss=min(limits.max_daily_loss, self.max_daily_loss),
        )
