"""How fast orders may follow one another."""

from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk.market_rules import seconds
from jax.domain.risk.rule import shown
from jax.domain.risk_decision import Denied

_MINUTE = timedelta(seconds=60)
_MICROSECOND = timedelta(microseconds=1)
_MICROSECONDS_OF_A_MINUTE = _MINUTE // _MICROSECOND


def artifact_is_below_its_rate(case: EntryCase) -> Denied | None:
    """The artifact has fewer orders of the last minute than it was approved for."""
    recorded, most = case.inputs.pace.of_artifact, case.wanted.profile.max_orders_per_minute
    return _rate_reached(case.signal.strategy, recorded, most)


def account_is_below_its_rate(case: EntryCase) -> Denied | None:
    """The account has fewer orders of the last minute than it may have; later ones than now count too."""
    since = case.inputs.now - _MINUTE
    recorded = sum(order.at > since for order in case.inputs.pace.recent)
    return _rate_reached("the account", recorded, case.limits.max_orders_per_minute)


def _rate_reached(whose: str, recorded: int, most: int) -> Denied | None:
    if recorded < most:
        return None
    return Denied(
        ReasonCode.ORDER_RATE_REACHED,
        f"{whose} has {recorded} orders of the last minute, the limit is {most}",
        {"orders_last_minute": Decimal(recorded), "max_orders_per_minute": Decimal(most)},
    )


def bucket_has_a_token(case: EntryCase) -> Denied | None:
    """A bucket of `order_burst` tokens, refilled at the minute's rate, still holds one.

    It was full a minute ago: what came before is the business of the minute's own limit. So in any span of
    up to a minute there are at most `order_burst` + rate x span orders (the token bucket of RFC 2697,
    section 3, with orders for bytes). Tokens are counted in sixty-millionths: a microsecond adds a whole
    number of them.
    """
    limits, now = case.limits, case.inputs.now
    cost = _MICROSECONDS_OF_A_MINUTE
    full = limits.order_burst * cost
    level, last = full, now - _MINUTE
    # An order that is later than now has taken its token, and the time until then refills nothing.
    recent = (min(order.at, now) for order in case.inputs.pace.recent if order.at > now - _MINUTE)
    for at in sorted(recent):
        level = min(full, level + _refilled(at - last, limits.max_orders_per_minute)) - cost
        last = at
    level = min(full, level + _refilled(now - last, limits.max_orders_per_minute))
    if level >= cost:
        return None
    return Denied(
        ReasonCode.ORDER_BURST_REACHED,
        f"orders come faster than {limits.max_orders_per_minute} a minute after {limits.order_burst} at once",
        {
            "tokens": shown(Decimal(level) / cost, ROUND_FLOOR),
            "order_burst": Decimal(limits.order_burst),
            "max_orders_per_minute": Decimal(limits.max_orders_per_minute),
        },
    )


def _refilled(span: timedelta, per_minute: int) -> int:
    return span // _MICROSECOND * per_minute


def order_is_no_repeat(case: EntryCase) -> Denied | None:
    """The last order of the same symbol and side is old enough."""
    apart, signal = case.limits.repeat_after_seconds, case.signal
    same = [
        order.at
        for order in case.inputs.pace.recent
        if (order.symbol, order.side) == (signal.symbol, signal.side)
    ]
    if apart is None or not same:
        return None
    age = seconds(case.inputs.now - max(same))
    if age >= apart:
        return None
    return Denied(
        ReasonCode.REPEATED_ORDER,
        f"the last order to {signal.side} {signal.symbol} is {age} s old, {apart} s must lie between two",
        {"seconds_since": age, "repeat_after_seconds": apart},
    )
