"""The loops' sizing in floats against the trader's in Decimals."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from jax.domain.backtest_settings import BacktestSettings
from jax.domain.position_sizing import SizingLimits, SizingRequest, size_position
from jax.domain.risk_decision import Approved
from jax.domain.side import Side
from jax.modules.backtest.kernel.rules import Contract, rules_of
from jax.modules.backtest.kernel.sizing import SIZED, entry_verdict, sized_by_risk
from jax.modules.backtest.result_of_run import _CODES
from tests.unit.backtest.scripted_backtests import instrument

PRICES = st.decimals("0.01", "5000", places=2)
MONEY = st.decimals("0", "2000000", places=2)
FRACTIONS = st.decimals("0.001", "1", places=3)


@st.composite
def limits(draw: st.DrawFn) -> SizingLimits:
    smallest = draw(st.integers(1, 20))
    return SizingLimits(
        draw(FRACTIONS),
        Decimal(smallest),
        Decimal(draw(st.sampled_from([0, smallest, smallest + 50, 1000]))),
        draw(FRACTIONS),
        draw(st.none() | st.decimals("10", "100000", places=2)),
    )


@given(
    limits=limits(),
    side=st.sampled_from(Side),
    entry=PRICES,
    stop=PRICES,
    equity=MONEY,
    power=MONEY,
    multiplier=st.sampled_from([1, 50]),
)
def test_the_quantity_or_the_reason_is_the_traders(
    limits: SizingLimits,
    side: Side,
    entry: Decimal,
    stop: Decimal,
    equity: Decimal,
    power: Decimal,
    multiplier: int,
) -> None:
    listing = instrument("AAPL", multiplier=multiplier)
    request = SizingRequest("AAPL", side, entry, stop, equity, power)
    theirs = size_position(request, limits, listing)
    rules, contract = rules_of(BacktestSettings(sizing=limits)), Contract(float(multiplier), 1.0)
    verdict = entry_verdict(rules, side.sign, float(entry), float(stop), 0.0)
    quantity = 0.0
    if verdict == SIZED:
        distance = abs(float(entry) - float(stop))
        verdict, quantity = sized_by_risk(
            rules, contract, distance, float(entry), (float(equity), float(power))
        )
    assume(not _at_the_edge_of_a_lot(request, limits, multiplier))
    if isinstance(theirs, Approved):
        assert verdict == SIZED
        assert quantity == float(theirs.quantity)
    else:
        assert _CODES[verdict] is theirs.reason_code


def _at_the_edge_of_a_lot(request: SizingRequest, limits: SizingLimits, multiplier: int) -> bool:
    """Whether a quotient is a whole number but for what a float rounds: there the two may differ by a lot."""
    unit = request.entry_price * multiplier
    distance = abs(request.entry_price - request.stop_loss) * multiplier
    amounts = [
        (request.net_liquidation * limits.max_position_value_fraction, unit),
        (request.buying_power, unit),
        (limits.max_order_notional or Decimal(1), unit),
    ]
    if distance:
        amounts.append((request.net_liquidation * limits.max_risk_per_trade_fraction, distance))
    quotients = [amount / by for amount, by in amounts]
    return any(abs(one - round(one)) < Decimal("1e-9") * (one + 1) for one in quotients)
