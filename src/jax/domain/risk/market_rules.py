"""Prices and hours: an entry is judged against a fresh quote, while its exchange is open."""

from datetime import timedelta
from decimal import Decimal

from jax.domain.reason_code import ReasonCode
from jax.domain.risk.inputs import EntryCase
from jax.domain.risk_decision import Denied

_MICROSECOND = timedelta(microseconds=1)


def seconds(duration: timedelta) -> Decimal:
    """`duration` in seconds, exactly."""
    return Decimal(duration // _MICROSECOND).scaleb(-6)


def session_is_open(case: EntryCase) -> Denied | None:
    """The session of the instrument's exchange is known, has opened and has not closed."""
    session, mic, now = case.inputs.market.session, case.inputs.instrument.mic, case.inputs.now
    if session is None or session.mic != mic:
        return Denied(ReasonCode.SESSION_UNKNOWN, f"no session of {mic} is known for {now:%Y-%m-%d}")
    if not case.limits.must_be_in_session or session.opens_at <= now < session.closes_at:
        return None
    return Denied(
        ReasonCode.SESSION_CLOSED,
        f"{mic} is open from {session.opens_at.isoformat()} to {session.closes_at.isoformat()}, "
        f"it is {now.isoformat()}",
    )


def quote_is_fresh(case: EntryCase) -> Denied | None:
    """There is a quote of the symbol, neither too old nor from the future."""
    quote, limits = case.inputs.market.quote, case.limits
    if quote is None or quote.symbol != case.signal.symbol:
        entry = case.signal.entry_price
        detail = f"no price of {case.signal.symbol} is known to hold the entry price {entry} against"
        return Denied(ReasonCode.QUOTE_MISSING, detail, {"entry_price": entry})
    age = seconds(case.inputs.now - quote.ts_event)
    if not (-age <= limits.max_quote_lead_seconds):
        return Denied(
            ReasonCode.QUOTE_FROM_FUTURE,
            f"the quote of {quote.symbol} is {-age} s ahead of the clock, "
            f"{limits.max_quote_lead_seconds} s are allowed",
            {"quote_lead_seconds": -age, "max_quote_lead_seconds": limits.max_quote_lead_seconds},
        )
    oldest = limits.max_quote_age_seconds
    if oldest is None or age <= oldest:
        return None
    return Denied(
        ReasonCode.QUOTE_STALE,
        f"the quote of {quote.symbol} is {age} s old, {oldest} s are allowed",
        {"quote_age_seconds": age, "max_quote_age_seconds": oldest},
    )


def price_is_in_the_collar(case: EntryCase) -> Denied | None:
    """The entry price lies within the collar around what the order would pay or get at once, or on it.

    So does that price as a limit order carries it, on the instrument's increments.
    """
    quote, fraction = case.inputs.market.quote, case.limits.price_collar_fraction
    if quote is None:
        return None  # quote_is_fresh has said so
    market = quote.price_for(case.signal.side)
    entry = case.signal.entry_price
    for price in (entry, case.inputs.instrument.round_price(entry)):
        if not (abs(price - market) <= fraction * market):
            return Denied(
                ReasonCode.PRICE_COLLAR,
                f"the entry price {price} is further than {fraction} of it from the newest price {market}",
                {"entry_price": price, "market_price": market, "price_collar_fraction": fraction},
            )
    return None


def holdings_have_prices(case: EntryCase) -> Denied | None:
    """What is held without a known price cannot be added to an exposure."""
    unpriced = sorted(
        symbol
        for symbol, holding in case.inputs.account.holdings.items()
        if holding.signed_quantity != 0 and holding.unit_value is None
    )
    if not unpriced:
        return None
    return Denied(
        ReasonCode.HOLDING_PRICE_UNKNOWN, f"no price is known of {', '.join(unpriced)}, which is held"
    )
