"""On 122,000 real hourly bars, too, plain Python and compiled code give the same bytes."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.domain.backtest_settings import BacktestSettings, Costs, SlippageModel
from jax.modules.backtest.bar_panel import BarPanel, panel_of_columns
from jax.modules.backtest.kernel.arrays import Columns
from jax.modules.backtest.kernel.rules import rules_of
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.modules.backtest.run_account import decided_by_kernel, decided_on, decided_plainly, run_account
from jax.modules.backtest.strategy_kernels import StrategyKernels
from tests.integration.backtest.test_same_bits import NAMES, loaded, same

_SHARED = Path(__file__).parents[4] / "shared" / "data" / "us_equities" / "hour"
_SYMBOLS = ("aapl", "ibm", "spy")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR_US = 3_600_000_000
_PRICE = 10_000.0
_DEAR = Costs(slippage=SlippageModel.LINEAR, slippage_bps=Decimal(30), borrow_rate=Decimal("0.02"))
SETTINGS = BacktestSettings(costs=_DEAR, max_daily_loss=Decimal(2_000))

pytestmark = pytest.mark.skipif(not _SHARED.is_dir(), reason="the folder with more market data is not here")


@pytest.fixture(scope="module")
def compiler(kernel_folder: Path) -> NumbaKernels:
    return NumbaKernels(kernel_folder)


@cache
def real_panel() -> BarPanel:
    """The hourly bars of three symbols, 1998 to 2021, unadjusted, on the clock of their exchange."""
    counts, starts, rows = {}, [], []
    for symbol in _SYMBOLS:
        with zipfile.ZipFile(_SHARED / f"{symbol}.zip") as archive:
            lines = list(csv.reader(io.StringIO(archive.read(archive.namelist()[0]).decode())))
        counts[symbol.upper()] = len(lines)
        starts += [
            (datetime.strptime(line[0], "%Y%m%d %H:%M").replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
            for line in lines
        ]
        rows += [[float(field) for field in line[1:6]] for line in lines]
    opens, highs, lows, closes, volumes = np.array(rows).T.copy()
    flat = np.zeros(len(rows))
    columns = Columns(
        opens / _PRICE, highs / _PRICE, lows / _PRICE, closes / _PRICE, volumes, flat, flat.copy()
    )
    began = np.array(starts, dtype=np.int64)
    return panel_of_columns(
        counts, columns, starts=began, ends=began + _HOUR_US, contracts=[(1.0, 1.0)] * len(counts)
    )


@pytest.mark.parametrize("name", NAMES)
def test_decisions_orders_and_equity_have_the_same_bytes(name: str, compiler: NumbaKernels) -> None:
    strategy, identity = loaded(name)
    panel, kernels = real_panel(), StrategyKernels(strategy, identity, compiler)
    assert len(panel.ends) > 100_000
    plain, compiled = [], []
    for number in range(len(_SYMBOLS)):
        columns = panel.columns(number)
        plain.append(decided_plainly(strategy, strategy.params, columns))
        compiled.append(decided_by_kernel(kernels, strategy.params, columns))
        assert plain[number].tobytes() == compiled[number].tobytes()
        assert len(plain[number]) >= 1
    rules = rules_of(SETTINGS)
    same(
        run_account(panel, decided_on(panel, plain), rules, PlainKernels()),
        run_account(panel, decided_on(panel, compiled), rules, compiler),
    )
