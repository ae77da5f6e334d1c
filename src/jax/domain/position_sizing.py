"""How many units a signal is worth: fixed-fractional risk, capped by value and buying power."""

from dataclasses import dataclass
from decimal import ROUND_UP, Context, Decimal, localcontext

from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Approved, Denied, RiskDecision
from jax.domain.side import Side

_EIGHT_PLACES = Decimal(1).scaleb(-checks.DECIMAL_PLACES)
# Room for every product of checked numbers, and for quotients that differ from a whole number of lots.
_EXACT = Context(prec=120)


@dataclass(frozen=True, slots=True)
class SizingLimits:
    """Fractions are of net liquidation, in (0, 1]; sizes in units; `max_position_size` 0 means no cap.

    `max_order_notional` is in currency, above zero; None means no cap.
    """

    max_risk_per_trade_fraction: Decimal
    min_position_size: Decimal
    max_position_size: Decimal
    max_position_value_fraction: Decimal
    max_order_notional: Decimal | None = None

    def __post_init__(self) -> None:
        checks.fraction("max_risk_per_trade_fraction", self.max_risk_per_trade_fraction)
        checks.positive("min_position_size", self.min_position_size)
        checks.not_negative("max_position_size", self.max_position_size)
        checks.fraction("max_position_value_fraction", self.max_position_value_fraction)
        if self.max_order_notional is not None:
            checks.positive("max_order_notional", self.max_order_notional)
        if Decimal(0) < self.max_position_size < self.min_position_size:
            raise InvalidValue(
                "max_position_size", f"{self.max_position_size} is below the minimum {self.min_position_size}"
            )


@dataclass(frozen=True, slots=True)
class SizingRequest:
    """What is to be sized: a `side` entry at `entry_price` with its stop, and the account's means.

    `market_price` is the newest known, None when the caller knows no other than the entry's.
    """

    symbol: str
    side: Side
    entry_price: Decimal
    stop_loss: Decimal
    net_liquidation: Decimal
    buying_power: Decimal
    market_price: Decimal | None = None


def size_position(request: SizingRequest, limits: SizingLimits, instrument: Instrument) -> RiskDecision:
    """The quantity to order, a multiple of the lot size, or why there is none.

    risk amount = net liquidation x max risk; quantity = floor(risk amount / |entry - stop|), raised to the
    minimum, capped by the maximum, by value, by notional and by buying power. The notional is taken at the
    highest of the entry's price, that price as an order carries it, and the market's: an order may fill at
    any of them. Raising to the minimum comes before the caps, so a cap can still refuse; it may risk more
    than the fraction, which the answer's numbers show.
    Amounts and fractions with more than eight places are rounded up: no risk is understated.
    """
    refusal = _impossible(request)
    if refusal is not None:
        return refusal
    with localcontext(_EXACT):
        return _sized(request, limits, instrument)


def _sized(request: SizingRequest, limits: SizingLimits, instrument: Instrument) -> RiskDecision:
    unit = request.entry_price * instrument.multiplier
    stop_distance = abs(request.entry_price - request.stop_loss) * instrument.multiplier
    wanted = instrument.floor_quantity(
        request.net_liquidation * limits.max_risk_per_trade_fraction / stop_distance
    )
    wanted = max(wanted, limits.min_position_size)
    if limits.max_position_size > 0:
        wanted = min(wanted, limits.max_position_size)
    by_value = instrument.floor_quantity(request.net_liquidation * limits.max_position_value_fraction / unit)
    by_power = instrument.floor_quantity(request.buying_power / unit)
    wanted = instrument.floor_quantity(min(wanted, by_value))
    if not (wanted >= limits.min_position_size):
        caps = f"position value limit in lots of {instrument.lot_size}"
        return _too_small(ReasonCode.POSITION_VALUE_TOO_SMALL, caps, wanted, limits)
    if limits.max_order_notional is not None:
        by_notional = limits.max_order_notional / (_dearest(request, instrument) * instrument.multiplier)
        wanted = min(wanted, instrument.floor_quantity(by_notional))
        if not (wanted >= limits.min_position_size):
            caps = f"order notional limit of {limits.max_order_notional}"
            return _too_small(ReasonCode.ORDER_NOTIONAL_TOO_SMALL, caps, wanted, limits)
    quantity = min(wanted, by_power)
    if not (quantity >= limits.min_position_size):
        return _too_small(ReasonCode.BUYING_POWER_TOO_SMALL, "buying power", quantity, limits)
    return approval_of(request, instrument, quantity)


def approval_of(request: SizingRequest, instrument: Instrument, quantity: Decimal) -> RiskDecision:
    """What `quantity` units of the request risk and are worth; Denied when no order may have so much."""
    with localcontext(_EXACT):
        unit = request.entry_price * instrument.multiplier
        stop_distance = abs(request.entry_price - request.stop_loss) * instrument.multiplier
        risk_amount = quantity * stop_distance
        approved = Approved(
            quantity=quantity,
            risk_amount=_recordable(risk_amount),
            risk_fraction=_recordable(risk_amount / request.net_liquidation),
            position_value=_recordable(quantity * unit),
        )
    return _too_large(approved) or approved


def _dearest(request: SizingRequest, instrument: Instrument) -> Decimal:
    entry = request.entry_price
    return max(entry, instrument.round_price(entry), request.market_price or entry)


def _recordable(value: Decimal) -> Decimal:
    rounded = value.quantize(_EIGHT_PLACES, ROUND_UP)
    return value if value == rounded else rounded


def _too_large(approved: Approved) -> Denied | None:
    for field in ("quantity", "risk_amount", "risk_fraction"):
        number = getattr(approved, field)
        if not (number < checks.LARGEST):
            detail = f"the {field} {number} is more than any order may have; check the entry and stop prices"
            return Denied(ReasonCode.PRICE_INVALID, detail, {field: number})
    return None


def _too_small(code: ReasonCode, what: str, quantity: Decimal, limits: SizingLimits) -> Denied:
    return Denied(
        code,
        f"the {what} allows {quantity} units, the minimum is {limits.min_position_size}",
        {"quantity": quantity, "min_position_size": limits.min_position_size},
    )


def _impossible(request: SizingRequest) -> Denied | None:
    if not request.symbol.strip():
        return Denied(ReasonCode.MISSING_SYMBOL, "the signal names no symbol")
    for field in ("entry_price", "stop_loss", "market_price"):
        price = getattr(request, field)
        if price is None:
            continue
        try:
            checks.positive(field, price)
        except InvalidValue as error:
            return Denied(ReasonCode.PRICE_INVALID, str(error), {field: price})
    for field in ("net_liquidation", "buying_power"):
        money = getattr(request, field)
        # More than eight places are fine here: equity that is computed from fractional lots has them.
        if not (money.is_finite() and 0 <= money < checks.LARGEST):
            detail = f"{field} must be finite, not negative and below {checks.LARGEST:.0e}, not {money}"
            return Denied(ReasonCode.NET_LIQUIDATION_INVALID, detail, {field: money})
    return _wrong_stop(request)


def _wrong_stop(request: SizingRequest) -> Denied | None:
    distance = (request.entry_price - request.stop_loss) * request.side.sign
    numbers = {"entry_price": request.entry_price, "stop_loss": request.stop_loss}
    if distance == 0:
        return Denied(ReasonCode.STOP_DISTANCE_ZERO, "the stop is at the entry price", numbers)
    if not (distance > 0):
        return Denied(
            ReasonCode.STOP_WRONG_SIDE, f"the stop is on the profit side of a {request.side}", numbers
        )
    return None
