"""What the artifact was approved for, and the order by itself."""

from decimal import Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk_decision import Denied


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


def stop_distance_is_allowed(case: EntryCase) -> Denied | None:
    """The stop lies neither so close that the size explodes nor so far that it protects nothing."""
    limits, entry = case.limits, case.signal.entry_price
    distance = abs(entry - case.signal.stop_loss) / entry
    numbers = {"stop_distance_fraction": distance, "entry_price": entry, "stop_loss": case.signal.stop_loss}
    if not (distance >= limits.min_stop_distance_fraction):
        return _stop_out_of_bounds(
            ReasonCode.STOP_TOO_CLOSE,
            numbers,
            "min_stop_distance_fraction",
            limits.min_stop_distance_fraction,
        )
    if not (distance <= limits.max_stop_distance_fraction):
        return _stop_out_of_bounds(
            ReasonCode.STOP_TOO_FAR, numbers, "max_stop_distance_fraction", limits.max_stop_distance_fraction
        )
    return None


def _stop_out_of_bounds(code: ReasonCode, numbers: dict[str, Decimal], limit: str, bound: Decimal) -> Denied:
    distance = numbers["stop_distance_fraction"]
    detail = f"the stop is {distance:.6f} of the entry price away, {limit} is {bound}"
    return Denied(code, detail, {**numbers, limit: bound})
