"""How fast orders may follow one another."""

from decimal import ROUND_FLOOR, Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk.market_rules import seconds
from jax.domain.risk.recent_orders import TOKEN
from jax.domain.risk.rule import shown
from jax.domain.risk_decision import Denied


def artifact_is_below_its_rate(case: EntryCase) -> Denied | None:
    """The artifact has fewer orders of the last minute than it was approved for."""
    recorded, most = case.inputs.pace.of_artifact, case.wanted.profile.max_orders_per_minute
    return _rate_reached(case.signal.strategy, recorded, most)


def account_is_below_its_rate(case: EntryCase) -> Denied | None:
    """The account has fewer orders of the last minute than it may have; later ones than now count too."""
    return _rate_reached("the account", case.inputs.pace.orders, case.limits.max_orders_per_minute)


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
    section 3, with orders for bytes). What is full stays full, so the level is what the run of orders up to
    now that has taken most leaves of a full bucket; of one that has taken nothing, more than full.
    """
    limits, run = case.limits, case.inputs.pace.run
    taken = 0 if run is None else run.taken(case.inputs.now, per_minute=limits.max_orders_per_minute)
    level = limits.order_burst * TOKEN - taken
    if level >= TOKEN:
        return None
    return Denied(
        ReasonCode.ORDER_BURST_REACHED,
        f"orders come faster than {limits.max_orders_per_minute} a minute after {limits.order_burst} at once",
        {
            "tokens": shown(Decimal(level) / TOKEN, ROUND_FLOOR),
            "order_burst": Decimal(limits.order_burst),
            "max_orders_per_minute": Decimal(limits.max_orders_per_minute),
        },
    )


def order_is_no_repeat(case: EntryCase) -> Denied | None:
    """The last order of the same symbol and side is old enough."""
    apart, signal, newest = case.limits.repeat_after_seconds, case.signal, case.inputs.pace.last_alike
    if apart is None or newest is None:
        return None
    age = seconds(case.inputs.now - newest)
    if age >= apart:
        return None
    return Denied(
        ReasonCode.REPEATED_ORDER,
        f"the last order to {signal.side} {signal.symbol} is {age} s old, {apart} s must lie between two",
        {"seconds_since": age, "repeat_after_seconds": apart},
    )
