"""What was asked for survives its way through JSON, whatever it is."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jax.app.research.backtest_run import BacktestRequest
from jax.app.research.request_document import request_document, request_of, settings_of
from jax.domain.backtest_settings import (
    AllIn,
    BacktestSettings,
    Costs,
    FillMoment,
    SlippageModel,
    settings_document,
)
from jax.domain.canonical_json import canonical_bytes
from jax.domain.position_sizing import SizingLimits

_MONEY = st.decimals(min_value="0.01", max_value="1000000", places=2)
_BPS = st.decimals(min_value="0", max_value="1000", places=3)
_FRACTION = st.decimals(min_value="0.001", max_value="1", places=3)
_SYMBOL = st.sampled_from(["AAPL", "BRK.B", "BTC/USDT"])
_MOMENT = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@st.composite
def _costs(draw: st.DrawFn) -> Costs:
    slippage = draw(st.sampled_from(SlippageModel))
    bps = Decimal(0) if slippage is SlippageModel.NONE else draw(_BPS.filter(bool))
    rates = {name: draw(_BPS) for name in ("commission_bps", "commission_per_unit", "commission_minimum")}
    return Costs(**rates, slippage=slippage, slippage_bps=bps, borrow_rate=draw(_FRACTION))


_SETTINGS = st.builds(
    BacktestSettings,
    initial_cash=_MONEY,
    costs=_costs(),
    sizing=st.one_of(
        st.just(AllIn()),
        st.builds(
            SizingLimits,
            max_risk_per_trade_fraction=_FRACTION,
            min_position_size=st.just(Decimal("0.5")),
            max_position_size=st.sampled_from([Decimal(0), Decimal(100)]),
            max_position_value_fraction=_FRACTION,
            max_order_notional=st.none() | _MONEY,
        ),
    ),
    fill_at=st.sampled_from(FillMoment),
    participation_fraction=st.none() | _FRACTION,
    short_selling=st.booleans(),
    max_open_positions=st.none() | st.integers(1, 500),
    max_daily_loss=st.none() | _MONEY,
)

_REQUESTS = st.builds(
    BacktestRequest,
    strategy=st.sampled_from(["ma_crossover_v1", "buy_and_hold"]),
    data_from=st.none() | _MOMENT,
    data_to=st.none() | _MOMENT,
    symbols=st.lists(_SYMBOL, max_size=3).map(tuple),
    params=st.dictionaries(st.sampled_from(["fast", "slow"]), st.integers(-5, 300) | _FRACTION),
    settings=_SETTINGS,
    benchmark=st.none() | _SYMBOL,
    market=st.none() | _SYMBOL,
)


def _through_json(document: Any) -> Any:
    return json.loads(canonical_bytes(document))


@given(_REQUESTS)
def test_a_request_comes_back_as_it_was(request: BacktestRequest) -> None:
    assert request_of(_through_json(request_document(request))) == request


@given(_SETTINGS)
def test_settings_come_back_as_they_were(settings: BacktestSettings) -> None:
    assert settings_of(_through_json(settings_document(settings))) == settings


def test_whole_numbers_stay_whole_and_decimals_are_texts() -> None:
    request = BacktestRequest("ma_crossover_v1", params={"fast": 5, "first_target": Decimal("2.50")})
    document = request_document(request)
    assert document["params"] == {"fast": 5, "first_target": "2.5"}
    params = request_of(document).params
    assert (type(params["fast"]), type(params["first_target"])) == (int, Decimal)
