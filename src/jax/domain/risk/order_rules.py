"""What the artifact was approved for, and the order by itself."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk.rule import shown
from jax.domain.risk_decision import Denied

_CLOSEST = "min_stop_distance_fraction"
_FURTHEST = "max_stop_distance_fraction"


def venue_is_allowed(case: EntryCase) -> Denied | None:
    """The artifact was approved for the broker that would get the order."""
    venue, allowed = case.inputs.route.venue, case.wanted.profile.venues
    if venue in allowed:
        return None
    return Denied(
        ReasonCode.VENUE_NOT_ALLOWED,
        f"{case.signal.strategy} was approved for {', '.join(allowed)}, this trader sends to {venue}",
    )


def order_type_is_allowed(case: EntryCase) -> Denied | None:
    """By the artifact's approval and by the account's limits."""
    order_type, approved = case.wanted.order_type, case.wanted.profile.allowed_order_types
    if order_type not in approved:
        return Denied(
            ReasonCode.ORDER_TYPE_NOT_ALLOWED,
            f"{case.signal.strategy} was approved for {', '.join(approved)} orders, "
            f"this trader sends {order_type}",
        )
    if order_type not in case.limits.allowed_order_types:
        allowed = ", ".join(case.inputs.limits.allowed_order_types) or "none"
        return Denied(
            ReasonCode.ORDER_TYPE_NOT_ALLOWED, f"this account allows {allowed} orders, not {order_type}"
        )
    return None


def currency_is_the_accounts(case: EntryCase) -> Denied | None:
    """All limits are in the account's currency, and no rate of exchange is known here."""
    ours, theirs = case.inputs.account.snapshot.currency, case.inputs.instrument.currency
    if ours == theirs:
        return None
    return Denied(
        ReasonCode.CURRENCY_MISMATCH,
        f"{case.signal.symbol} is in {theirs}, the account's limits are in {ours}",
    )


def instrument_is_the_signals(case: EntryCase) -> Denied | None:
    """The reference data are those of the signal's own symbol."""
    wanted, given = case.signal.symbol, case.inputs.instrument.symbol
    if wanted == given:
        return None
    return Denied(ReasonCode.INSTRUMENT_UNKNOWN, f"no instrument {wanted} but {given}")


def prices_survive_rounding(case: EntryCase) -> Denied | None:
    """On the instrument's increments the entry is still a price, and the stop still on its loss side."""
    instrument, signal = case.inputs.instrument, case.signal
    entry, stop = instrument.round_price(signal.entry_price), instrument.round_price(signal.stop_loss)
    increment = instrument.price_increment
    numbers = {"entry_price": entry, "stop_loss": stop, "price_increment": increment}
    for name, price in (("entry price", entry), ("stop", stop)):
        if not (price > 0):
            detail = f"the {name} is {price} in increments of {increment}"
            return Denied(ReasonCode.PRICE_INVALID, detail, numbers)
    if (entry - stop) * signal.side.sign > 0:
        return None
    detail = f"in increments of {increment} the entry price is {entry} and the stop {stop}"
    return Denied(ReasonCode.STOP_DISTANCE_ZERO, detail, numbers)


def stop_is_far_enough(case: EntryCase) -> Denied | None:
    """The stop is not so close that the size explodes."""
    distance, least = _stop_distance(case), case.limits.min_stop_distance_fraction
    if distance >= least:
        return None
    return _stop_denied(case, ReasonCode.STOP_TOO_CLOSE, shown(distance, ROUND_FLOOR), {_CLOSEST: least})


def stop_is_close_enough(case: EntryCase) -> Denied | None:
    """The stop is not so far that it protects nothing."""
    distance, most = _stop_distance(case), case.limits.max_stop_distance_fraction
    if distance <= most:
        return None
    return _stop_denied(case, ReasonCode.STOP_TOO_FAR, shown(distance, ROUND_CEILING), {_FURTHEST: most})


def _stop_distance(case: EntryCase) -> Decimal:
    return abs(case.signal.entry_price - case.signal.stop_loss) / case.signal.entry_price


def _stop_denied(case: EntryCase, code: ReasonCode, distance: Decimal, limit: dict[str, Decimal]) -> Denied:
    ((name, bound),) = limit.items()
    detail = f"the stop is {distance} of the entry price away, {name} is {bound}"
    signal = case.signal
    numbers = {"entry_price": signal.entry_price, "stop_loss": signal.stop_loss}
    return Denied(code, detail, {"stop_distance_fraction": distance, **numbers, **limit})
