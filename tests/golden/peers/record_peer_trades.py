"""Writes `peer_trades.json` afresh, with a Python that holds the peers and knows nothing of Jax.

From the checkout: `PEERS_PYTHON -m tests.golden.peers.record_peer_trades`, in an environment made from
tests/bench/peers/requirements.txt. How the peers are told to do what Jax does, and what they do in their own
way, is in README.md.
"""

import importlib
import warnings
from collections.abc import Sequence
from typing import Any

from tests.golden.peers.peer_run import (
    BACKTESTING,
    BACKTESTING_WHOLE_UNITS,
    COMMISSION_BPS,
    FILE,
    INITIAL_CASH,
    PAIRS,
    VECTORBT,
    PeerPosition,
    PeerRun,
    PeerTrade,
    digest,
    written,
)
from tests.golden.peers.price_series import SERIES, PeerBar, price_series

# Imported by name: Jax's own environment has none of these, and mypy runs there.
backtesting: Any = importlib.import_module("backtesting")
fractional: Any = importlib.import_module("backtesting.lib")
pandas: Any = importlib.import_module("pandas")
vectorbt: Any = importlib.import_module("vectorbt")

_FEES = COMMISSION_BPS / 10_000
# Sizes are whole multiples of this: fine enough for 1e-9, and still whole numbers as floats.
_FRACTIONAL_UNIT = 1e-10


def main() -> None:
    """Every series, pair and peer."""
    warnings.simplefilter("ignore")
    runs: list[PeerRun] = []
    for name, terms in SERIES.items():
        frame = _frame(price_series(terms))
        for fast, slow in PAIRS:
            above = frame["Close"].rolling(fast).mean() > frame["Close"].rolling(slow).mean()
            runs.append(PeerRun(VECTORBT, name, fast, slow, *_with_vectorbt(frame, fast=fast, slow=slow)))
            for peer, kind in (
                (BACKTESTING, fractional.FractionalBacktest),
                (BACKTESTING_WHOLE_UNITS, backtesting.Backtest),
            ):
                runs.append(PeerRun(peer, name, fast, slow, *_with_backtesting(kind, frame, above)))
    FILE.write_text(written(_about(), runs), encoding="utf-8")


def _about() -> dict[str, Any]:
    return {
        "vectorbt": vectorbt.__version__,
        "backtesting": backtesting.__version__,
        "initial_cash": INITIAL_CASH,
        "commission_bps": COMMISSION_BPS,
        "series_sha256": {name: digest(price_series(terms)) for name, terms in SERIES.items()},
        "trade": PeerTrade._fields,
        "held": PeerPosition._fields,
    }


def _frame(bars: Sequence[PeerBar]) -> Any:
    prices = {name.title(): [getattr(bar, name) / 100 for bar in bars] for name in PeerBar._fields[:4]}
    volume = [float(bar.volume) for bar in bars]
    return pandas.DataFrame(
        {**prices, "Volume": volume}, index=pandas.date_range("2020-01-01", periods=len(bars))
    )


def _with_vectorbt(frame: Any, *, fast: int, slow: int) -> tuple[Any, ...]:
    close = frame["Close"]
    above = vectorbt.MA.run(close, fast).ma > vectorbt.MA.run(close, slow).ma
    before = above.shift(1, fill_value=False)
    portfolio = vectorbt.Portfolio.from_signals(
        close,
        # Decided at a close, filled at the next open: the signal moves by one bar.
        entries=(above & ~before).shift(1, fill_value=False),
        exits=(~above & before).shift(1, fill_value=False),
        price=frame["Open"],
        fees=_FEES,
        init_cash=float(INITIAL_CASH),
        freq="1D",
    )
    trades, held = [], None
    for row in portfolio.trades.records.to_dict("records"):
        entry = (int(row["entry_idx"]), row["entry_price"])
        if row["status"] == vectorbt.portfolio.enums.TradeStatus.Open:
            held = PeerPosition(*entry, row["size"])
        else:
            trades.append(PeerTrade(*entry, int(row["exit_idx"]), row["exit_price"], row["size"], row["pnl"]))
    return tuple(trades), held, float(portfolio.final_value())


def _with_backtesting(kind: Any, frame: Any, above: Any) -> tuple[Any, ...]:
    class Crossover(backtesting.Strategy):  # type: ignore[misc]  # the class is not known where mypy runs
        def init(self) -> None:
            # As numbers without a NaN: a NaN would make the peer skip the bars up to it, and one more.
            self.above = self.I(lambda: above.to_numpy().astype(float), plot=False)

        def next(self) -> None:
            if self.above[-1] > self.above[-2]:
                self.buy()
            elif self.above[-1] < self.above[-2]:
                self.position.close()

    unit = 1.0 if kind is backtesting.Backtest else _FRACTIONAL_UNIT
    terms = {} if unit == 1.0 else {"fractional_unit": unit}
    stats = kind(frame, Crossover, cash=float(INITIAL_CASH), commission=_FEES, **terms).run()
    rows = stats["_trades"].sort_values("EntryBar").to_dict("records")
    trades = tuple(
        PeerTrade(
            int(row["EntryBar"]),
            float(row["EntryPrice"]),
            int(row["ExitBar"]),
            float(row["ExitPrice"]),
            float(row["Size"]),
            float(row["PnL"]),
        )
        for row in rows
    )
    held = [PeerPosition(t.entry_bar, t.entry_price / unit, t.size * unit) for t in stats["_strategy"].trades]
    return trades, held[0] if held else None, float(stats["Equity Final [$]"])


if __name__ == "__main__":
    main()
