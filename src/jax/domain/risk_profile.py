"""The limits that people approved together with a strategy."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.position_sizing import SizingLimits
from jax.domain.risk_limits import RiskLimits


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """`max_position_fraction` is of net liquidation, above 0; money in the account's currency, above 0.

    `max_order_notional` bounds one order, `max_orders_per_minute` (>= 1) all orders of the artifact; an entry
    price may lie at most `price_collar_fraction` (above 0) of the newest known price away from it; `venues`
    are the brokers' names. Signals of at least `auto_approve_confidence`, in (0, 1], need no person's
    approval; None leaves every one of them to people.
    """

    max_position_fraction: Decimal
    max_daily_loss: Decimal
    allowed_order_types: tuple[str, ...]
    max_order_notional: Decimal
    max_orders_per_minute: int
    price_collar_fraction: Decimal
    venues: tuple[str, ...]
    auto_approve_confidence: Decimal | None = None

    def __post_init__(self) -> None:
        for field in (
            "max_position_fraction",
            "max_daily_loss",
            "max_order_notional",
            "price_collar_fraction",
        ):
            checks.positive(field, getattr(self, field))
        if not (self.max_orders_per_minute >= 1):
            raise InvalidValue(
                "max_orders_per_minute", f"must be at least 1, not {self.max_orders_per_minute}"
            )
        if self.auto_approve_confidence is not None:
            checks.fraction("auto_approve_confidence", self.auto_approve_confidence)

    def approves(self, confidence: Decimal) -> bool:
        """Whether a signal of this confidence is approved together with the artifact."""
        return self.auto_approve_confidence is not None and confidence >= self.auto_approve_confidence

    def tightened(self, limits: RiskLimits) -> RiskLimits:
        """The tighter of each pair: an artifact may take less risk than the trader allows, never more."""
        sizing = limits.sizing
        notional = sizing.max_order_notional
        of_sizing = {
            "max_position_value_fraction": min(
                sizing.max_position_value_fraction, self.max_position_fraction
            ),
            "max_order_notional": (
                self.max_order_notional if notional is None else min(notional, self.max_order_notional)
            ),
        }
        own: dict[str, Any] = {
            "max_daily_loss": min(limits.max_daily_loss, self.max_daily_loss),
            "price_collar_fraction": min(limits.price_collar_fraction, self.price_collar_fraction),
            "allowed_order_types": tuple(
                order_type
                for order_type in limits.allowed_order_types
                if order_type in self.allowed_order_types
            ),
        }
        if _has(limits, own) and _has(sizing, of_sizing):
            return limits  # tightened before: every limit would be checked again for nothing
        return replace(limits, sizing=replace(sizing, **of_sizing), **own)


def _has(value: RiskLimits | SizingLimits, fields: Mapping[str, Any]) -> bool:
    return all(getattr(value, name) == wanted for name, wanted in fields.items())
