"""Whether an artifact may place one more order, by the limits that people approved with it."""

from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext

from jax.domain import checks
from jax.domain.entry_decision import EntryInputs, decide_entry
from jax.domain.errors import InvalidValue
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied, RiskDecision
from jax.domain.risk_profile import RiskProfile

# Room for the product of two checked numbers.
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class OrderRoute:
    """Where the order would go and what went there before.

    `venue` is the broker's name; `orders_last_minute` counts the orders of the same artifact that were
    recorded in the 60 seconds before.
    """

    venue: str
    order_type: str
    orders_last_minute: int


def decide_order(profile: RiskProfile, inputs: EntryInputs, route: OrderRoute) -> RiskDecision:
    """The size of the order, or the first rule that forbids it.

    The tighter of `inputs.limits` and the profile's holds, whether they were tightened before or not.
    """
    broken = _broken_by_route(profile, inputs, route) or _broken_by_price(profile, inputs)
    return broken or decide_entry(replace(inputs, limits=profile.tightened(inputs.limits)))


def _broken_by_route(profile: RiskProfile, inputs: EntryInputs, route: OrderRoute) -> Denied | None:
    strategy = inputs.signal.strategy
    if route.venue not in profile.venues:
        return Denied(
            ReasonCode.VENUE_NOT_ALLOWED,
            f"{strategy} was approved for {', '.join(profile.venues)}, this trader sends to {route.venue}",
        )
    if route.order_type not in profile.allowed_order_types:
        return Denied(
            ReasonCode.ORDER_TYPE_NOT_ALLOWED,
            f"{strategy} was approved for {', '.join(profile.allowed_order_types)} orders, "
            f"this trader sends {route.order_type}",
        )
    most = profile.max_orders_per_minute
    if not (route.orders_last_minute < most):
        return Denied(
            ReasonCode.ORDER_RATE_REACHED,
            f"{strategy} has {route.orders_last_minute} orders of the last minute, the limit is {most}",
            {"orders_last_minute": Decimal(route.orders_last_minute), "max_orders_per_minute": Decimal(most)},
        )
    return None


def _broken_by_price(profile: RiskProfile, inputs: EntryInputs) -> Denied | None:
    """The entry price may lie at most the fraction of the market price away from it, on either side."""
    entry, market, fraction = inputs.signal.entry_price, inputs.market_price, profile.price_collar_fraction
    if market is None:
        return Denied(
            ReasonCode.PRICE_COLLAR,
            f"no price of {inputs.signal.symbol} is known to hold the entry price {entry} against",
            {"entry_price": entry, "price_collar_fraction": fraction},
        )
    if not _is_within(entry, market, fraction):
        return Denied(
            ReasonCode.PRICE_COLLAR,
            f"the entry price {entry} is further than {fraction} of it from the newest price {market}",
            {"entry_price": entry, "market_price": market, "price_collar_fraction": fraction},
        )
    return None


def _is_within(entry: Decimal, market: Decimal, fraction: Decimal) -> bool:
    try:
        checks.positive("market_price", market)
    except InvalidValue:
        return False
    with localcontext(_EXACT):
        return abs(entry - market) <= fraction * market
