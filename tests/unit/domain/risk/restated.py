"""Every limit of an entry said again in exact fractions, one by one, as it is specified.

Exposures are not added up cleverly here: every way in which the working orders may be filled is tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import product

from jax.domain.controls import TradingMode
from jax.domain.order import OrderLeg
from jax.domain.reason_code import ReasonCode as R
from jax.domain.risk.open_orders import OpenOrder
from jax.domain.side import Side
from tests.unit.domain.risk.told import Told

# The risk of one trade sizes it and is no reason of its own.
RISK_PER_TRADE = "RISK_PER_TRADE"


def broken(inputs: Told, quantity: Fraction) -> set[str]:
    """The limits that an entry of `quantity` units breaks."""
    everything = {
        **_of_people(inputs),
        **_of_the_market(inputs),
        **_of_the_account(inputs),
        **_of_pace(inputs),
        **_of_quantity(inputs, quantity),
        **_of_exposure(inputs, quantity),
    }
    return {str(code) for code, holds in everything.items() if not holds}


def _of_people(inputs: Told) -> Mapping[str, bool]:
    wanted, controls, route = inputs.wanted, inputs.controls, inputs.route
    profile, limits = wanted.profile, inputs.limits
    modes = [controls.mode, controls.strategy_modes.get(wanted.strategy)]
    said = {change.mode for change in modes if change is not None}
    arming = controls.armings.get(wanted.signal.artifact_hash)
    return {
        R.EXECUTION_DISABLED: route.execution_enabled,
        R.KILL_SWITCH: controls.kill is None and not route.kills,
        R.MODE_OBSERVE: TradingMode.OBSERVE not in said,
        R.MODE_REDUCE: TradingMode.REDUCE not in said,
        R.NOT_ARMED: not route.is_live or (arming is not None and inputs.now < arming.expires_at),
        R.DRY_RUN: not route.dry_run,
        R.VENUE_NOT_ALLOWED: route.venue in profile.venues,
        R.ORDER_TYPE_NOT_ALLOWED: wanted.order_type in profile.allowed_order_types
        and wanted.order_type in limits.allowed_order_types,
        R.SYMBOL_RESTRICTED: wanted.signal.symbol not in limits.restricted_symbols,
    }


def _of_the_market(inputs: Told) -> Mapping[str, bool]:
    wanted, limits = inputs.wanted, inputs.limits
    signal, quote, session = wanted.signal, inputs.market.quote, inputs.market.session
    assert quote is not None
    assert session is not None
    age = inputs.now - quote.ts_event
    market = Fraction(quote.ask if signal.side is Side.BUY else quote.bid)
    collar = market * Fraction(min(limits.price_collar_fraction, wanted.profile.price_collar_fraction))
    entry, stop = Fraction(signal.entry_price), Fraction(signal.stop_loss)
    carried = [entry, _on_increment(inputs, entry)]
    gain = 1 if signal.side is Side.BUY else -1
    return {
        R.SESSION_CLOSED: not limits.must_be_in_session or session.opens_at <= inputs.now < session.closes_at,
        R.QUOTE_STALE: limits.max_quote_age_seconds is None
        or Fraction(age // timedelta(microseconds=1), 10**6) <= limits.max_quote_age_seconds,
        R.QUOTE_FROM_FUTURE: Fraction(-age // timedelta(microseconds=1), 10**6)
        <= limits.max_quote_lead_seconds,
        R.PRICE_COLLAR: all(abs(price - market) <= collar for price in carried),
        R.STOP_TOO_CLOSE: abs(entry - stop) >= Fraction(limits.min_stop_distance_fraction) * entry,
        R.STOP_TOO_FAR: abs(entry - stop) <= Fraction(limits.max_stop_distance_fraction) * entry,
        R.PRICE_INVALID: _on_increment(inputs, entry) > 0 and _on_increment(inputs, stop) > 0,
        R.STOP_DISTANCE_ZERO: (_on_increment(inputs, entry) - _on_increment(inputs, stop)) * gain > 0,
    }


def _on_increment(inputs: Told, price: Fraction) -> Fraction:
    increment = Fraction(inputs.instrument.price_increment)
    return round(price / increment) * increment


def _of_the_account(inputs: Told) -> Mapping[str, bool]:
    account, limits, wanted = inputs.account, inputs.limits, inputs.wanted
    loss = min(limits.max_daily_loss, wanted.profile.max_daily_loss)
    session, latched = inputs.market.session, inputs.controls.loss_latched_on
    assert session is not None
    symbols = {symbol for symbol, holding in account.holdings.items() if holding.signed_quantity}
    symbols |= {order.symbol for order in account.orders}
    own = account.holdings.get(wanted.signal.symbol)
    against = wanted.signal.side.opposite
    ways = {Side.BUY if own.signed_quantity > 0 else Side.SELL} if own and own.signed_quantity else set()
    ways |= {
        order.side
        for order in account.orders
        if order.symbol == wanted.signal.symbol and order.leg is OrderLeg.ENTRY and order.leaves_quantity
    }
    return {
        R.POSITION_OPPOSED: not limits.one_direction_per_symbol or against not in ways,
        R.DAILY_LOSS_LATCHED: latched is None or latched < session.session_date,
        R.DAILY_LOSS_REACHED: -Fraction(account.realized_today) < loss
        and Fraction(account.opening_equity) - Fraction(account.snapshot.net_liquidation) < loss,
        R.TOO_MANY_POSITIONS: len(symbols | {wanted.signal.symbol}) <= limits.max_open_positions
        or wanted.signal.symbol in symbols,
    }


def _of_pace(inputs: Told) -> Mapping[str, bool]:
    limits, wanted = inputs.limits, inputs.wanted
    ages = sorted((inputs.now - order.at) // timedelta(microseconds=1) for order in inputs.pace.recent)
    last_minute = [max(age, 0) for age in ages if age < 60_000_000]
    same = [
        (inputs.now - order.at) // timedelta(microseconds=1)
        for order in inputs.pace.recent
        if (order.symbol, order.side) == (wanted.signal.symbol, wanted.signal.side)
    ]
    apart = limits.repeat_after_seconds
    return {
        R.ORDER_RATE_REACHED: inputs.pace.of_artifact + 1 <= wanted.profile.max_orders_per_minute
        and len(last_minute) + 1 <= limits.max_orders_per_minute,
        # However far one looks back, there are no more orders than the burst and what was refilled since.
        R.ORDER_BURST_REACHED: all(
            count + 1 <= limits.order_burst + Fraction(age * limits.max_orders_per_minute, 60_000_000)
            for count, age in enumerate(last_minute, start=1)
        ),
        R.REPEATED_ORDER: apart is None or all(Fraction(age, 10**6) >= apart for age in same),
    }


def unit_cost(inputs: Told) -> Fraction:
    entry = Fraction(inputs.wanted.signal.entry_price)
    assert inputs.market.quote is not None
    dearest = max(entry, _on_increment(inputs, entry), Fraction(inputs.market.quote.ask))
    return dearest * Fraction(inputs.instrument.multiplier)


def _of_quantity(inputs: Told, quantity: Fraction) -> Mapping[str, bool]:
    account, limits, wanted = inputs.account, inputs.limits, inputs.wanted
    signal, snapshot = wanted.signal, account.snapshot
    equity, cost = Fraction(snapshot.net_liquidation), quantity * unit_cost(inputs)
    risk = quantity * abs(Fraction(signal.entry_price) - Fraction(signal.stop_loss))
    risk *= Fraction(inputs.instrument.multiplier)
    reserved = max(
        sum(Fraction(order.leaves_quantity) * Fraction(order.unit_value) for order in orders)
        for orders in _fills(account.orders)
    )
    held_back = max(Fraction(reserved), Fraction(account.reserved))
    aside = Fraction(limits.set_aside_profit_fraction) * sum(
        max(Fraction(profit), Fraction(0)) for profit in account.session_profits
    )
    loss = min(limits.max_daily_loss, wanted.profile.max_daily_loss)
    cycle, reserve = limits.max_cycle_notional_fraction, limits.cash_reserve_fraction
    own_notional = limits.sizing.max_order_notional
    return {
        RISK_PER_TRADE: risk <= equity * Fraction(limits.sizing.max_risk_per_trade_fraction),
        R.ORDER_NOTIONAL_TOO_SMALL: cost <= Fraction(wanted.profile.max_order_notional)
        and (own_notional is None or cost <= Fraction(own_notional)),
        R.DAILY_RISK_REACHED: Fraction(account.risk_taken_today) + risk
        <= Fraction(loss if limits.max_daily_risk is None else limits.max_daily_risk),
        R.CYCLE_NOTIONAL_REACHED: cycle is None
        or Fraction(inputs.pace.cycle_notional) + cost <= Fraction(cycle) * equity,
        R.CASH_RESERVE_REACHED: reserve is None
        or Fraction(snapshot.cash) - held_back - cost >= Fraction(reserve) * equity + aside,
        R.BUYING_POWER_TOO_SMALL: cost <= Fraction(snapshot.buying_power) - held_back,
    }


def _of_exposure(inputs: Told, quantity: Fraction) -> Mapping[str, bool]:
    limits, wanted = inputs.limits, inputs.wanted
    symbol, side = wanted.signal.symbol, wanted.signal.side
    equity = Fraction(inputs.account.snapshot.net_liquidation)
    fraction = min(limits.sizing.max_position_value_fraction, wanted.profile.max_position_fraction)
    value, units = Fraction(fraction) * equity, Fraction(limits.sizing.max_position_size)
    prices = _prices(inputs)
    worst_value = worst_units = worst_gross = Fraction(0)
    worst_net = -Fraction(10**30)
    for position in _possible_positions(inputs, quantity):
        own = position[symbol]
        worst_value = max(worst_value, abs(own) * max(prices[symbol]))
        worst_units = max(worst_units, abs(own))
        gross = sum(abs(held) * max(prices[of]) for of, held in position.items())
        worst_gross = max(worst_gross, Fraction(gross))
        towards = {of: held if side is Side.BUY else -held for of, held in position.items()}
        net = sum(held * (max if held > 0 else min)(prices[of]) for of, held in towards.items())
        worst_net = max(worst_net, Fraction(net))
    return {
        R.POSITION_VALUE_TOO_SMALL: worst_value <= value,
        R.POSITION_SIZE_REACHED: units == 0 or worst_units <= units,
        R.GROSS_EXPOSURE_REACHED: worst_gross <= Fraction(limits.max_gross_exposure_fraction) * equity,
        R.NET_EXPOSURE_REACHED: worst_net <= Fraction(limits.max_net_exposure_fraction) * equity,
    }


def _prices(inputs: Told) -> dict[str, list[Fraction]]:
    prices = {inputs.wanted.signal.symbol: [unit_cost(inputs)]}
    for symbol, holding in inputs.account.holdings.items():
        known = [] if holding.unit_value is None else [Fraction(holding.unit_value)]
        prices.setdefault(symbol, []).extend(known or [Fraction(0)] * (symbol not in prices))
    for order in inputs.account.orders:
        prices.setdefault(order.symbol, []).append(Fraction(order.unit_value))
    return prices


def _possible_positions(inputs: Told, quantity: Fraction) -> Iterator[dict[str, Fraction]]:
    wanted, account = inputs.wanted, inputs.account
    for orders in _fills(account.orders, Side.BUY, Side.SELL):
        position = {symbol: Fraction(holding.signed_quantity) for symbol, holding in account.holdings.items()}
        for order in orders:
            change = Fraction(order.leaves_quantity) * order.side.sign
            position[order.symbol] = position.get(order.symbol, Fraction(0)) + change
        for added in (Fraction(0), quantity):
            own = position.get(wanted.signal.symbol, Fraction(0)) + added * wanted.signal.side.sign
            yield position | {wanted.signal.symbol: own}


def _fills(orders: Sequence[OpenOrder], *sides: Side) -> Iterator[list[OpenOrder]]:
    """Each choice of the orders that are filled: any entries, exits of `sides` (BUY unless told).

    Of the exits of one trade, those of one leg are filled.
    """
    for filled in product((False, True), repeat=len(orders)):
        chosen = [order for order, is_filled in zip(orders, filled, strict=True) if is_filled]
        exits = [order for order in chosen if order.leg is not OrderLeg.ENTRY]
        legs = {(order.symbol, order.side, order.signal_id, order.leg) for order in exits}
        if len(legs) != len({leg[:3] for leg in legs}):
            continue
        if all(order.side in (sides or (Side.BUY,)) for order in exits):
            yield chosen
