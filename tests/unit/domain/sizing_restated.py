"""The sizing rule said again in exact fractions, step by step as it is specified."""

from fractions import Fraction

from jax.domain.instrument import Instrument
from jax.domain.position_sizing import SizingLimits, SizingRequest
from jax.domain.reason_code import ReasonCode

Sized = Fraction | ReasonCode


def restated_size(request: SizingRequest, limits: SizingLimits, instrument: Instrument) -> Sized:
    """The quantity, or the code of the refusal, for a request whose prices and amounts are possible."""
    lot = Fraction(instrument.lot_size)
    minimum = Fraction(limits.min_position_size)
    maximum = Fraction(limits.max_position_size)
    unit = Fraction(request.entry_price) * Fraction(instrument.multiplier)
    risked_by_unit = abs(Fraction(request.entry_price) - Fraction(request.stop_loss)) * Fraction(
        instrument.multiplier
    )
    equity = Fraction(request.net_liquidation)

    def floor(quantity: Fraction) -> Fraction:
        return quantity // lot * lot

    risk_amount = equity * Fraction(limits.max_risk_per_trade_fraction)
    shares = floor(risk_amount / risked_by_unit)
    shares = max(shares, minimum)
    if maximum > 0:
        shares = min(shares, maximum)
    shares = min(shares, floor(equity * Fraction(limits.max_position_value_fraction) / unit))
    # A minimum or a maximum that is not a whole number of lots cannot be ordered as it is.
    shares = floor(shares)
    if shares < minimum:
        return ReasonCode.POSITION_VALUE_TOO_SMALL
    if limits.max_order_notional is not None:
        increment = Fraction(instrument.price_increment)
        entry = Fraction(request.entry_price)
        prices = [entry, round(entry / increment) * increment]
        if request.market_price is not None:
            prices.append(Fraction(request.market_price))
        largest = Fraction(limits.max_order_notional)
        shares = min(shares, floor(largest / (max(prices) * Fraction(instrument.multiplier))))
        if shares < minimum:
            return ReasonCode.ORDER_NOTIONAL_TOO_SMALL
    shares = min(shares, floor(Fraction(request.buying_power) / unit))
    if shares < minimum:
        return ReasonCode.BUYING_POWER_TOO_SMALL
    return shares
