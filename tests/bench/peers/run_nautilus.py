"""nautilus_trader: an event loop in Cython, with the trading system's own messages.

For bars it has no fill at the next open: what is decided at a close fills at that close.
"""

import importlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import ENTRY_FRACTION, FEES, INITIAL_CASH, WORKS, Work, columns

nautilus: Any = importlib.import_module("nautilus_trader")
engines: Any = importlib.import_module("nautilus_trader.backtest.engine")
configs: Any = importlib.import_module("nautilus_trader.config")
averages: Any = importlib.import_module("nautilus_trader.indicators")
currencies: Any = importlib.import_module("nautilus_trader.model.currencies")
bars_of: Any = importlib.import_module("nautilus_trader.model.data")
enums: Any = importlib.import_module("nautilus_trader.model.enums")
identifiers: Any = importlib.import_module("nautilus_trader.model.identifiers")
instruments: Any = importlib.import_module("nautilus_trader.model.instruments")
objects: Any = importlib.import_module("nautilus_trader.model.objects")
wranglers: Any = importlib.import_module("nautilus_trader.persistence.wranglers")
strategies: Any = importlib.import_module("nautilus_trader.trading.strategy")
pandas: Any = importlib.import_module("pandas")

_SHARES = {
    "one_run": WORKS["one_run"]._replace(bars=50_000),
    "sweep": WORKS["sweep"]._replace(bars=50_000, pairs=WORKS["sweep"].pairs[:1]),
    "symbols": WORKS["symbols"]._replace(symbols=20),
    "shared_account": WORKS["shared_account"]._replace(symbols=20),
}
_NOTE = "fills at the close that decides"
_VENUE = identifiers.Venue("BENCH")


class Crossover(strategies.Strategy):  # type: ignore[misc]  # the class is not known where mypy runs
    """The rule, for all the pairs of one account."""

    def __init__(self, pairs: Sequence[Any], lengths: tuple[int, int], *, all_in: bool) -> None:
        super().__init__()
        self.pairs = pairs
        self.all_in = all_in
        mean = averages.SimpleMovingAverage
        self.means = {one.id: (mean(lengths[0]), mean(lengths[1])) for one in pairs}
        self.above = {one.id: False for one in pairs}
        self.last_close = {one.id: 0.0 for one in pairs}
        self.by_id = {one.id: one for one in pairs}

    def on_start(self) -> None:
        for one in self.pairs:
            for mean in self.means[one.id]:
                self.register_indicator_for_bars(_bar_type(one), mean)
            self.subscribe_bars(_bar_type(one))

    def on_bar(self, bar: Any) -> None:
        key = bar.bar_type.instrument_id
        close = self.last_close[key] = float(bar.close)
        fast, slow = self.means[key]
        above = slow.initialized and fast.value > slow.value
        if above == self.above[key]:
            return
        self.above[key] = above
        instrument = self.by_id[key]
        if above:
            side, size = enums.OrderSide.BUY, self.size_of(close)
        else:
            side, size = enums.OrderSide.SELL, float(self.portfolio.net_position(key))
        if size > 0.0:
            quantity = instrument.make_qty(size, round_down=True)
            self.submit_order(self.order_factory.market(key, side, quantity))

    def size_of(self, price: float) -> float:
        cash = float(self.portfolio.account(_VENUE).balance_free(currencies.USDT))
        if self.all_in:
            return cash / (price * (1.0 + FEES)) * (1.0 - 1e-9)
        held = sum(float(self.portfolio.net_position(key)) * last for key, last in self.last_close.items())
        return min((cash + held) * ENTRY_FRACTION, cash / (1.0 + FEES)) // price


def prepare(work: Work) -> Callable[[], float]:
    """One account a symbol, or one for all of them; the bars are nautilus's own objects beforehand."""
    numbers = range(work.symbols)
    accounts = [list(numbers)] if work.one_account else [[number] for number in numbers]
    ready = [
        _engine(symbols, work.bars, pair, all_in=not work.one_account)
        for symbols in accounts
        for pair in work.pairs
    ]

    def run() -> float:
        for engine, _ in ready:
            engine.run()
        return _final_equity(*ready[0])

    return run


def _engine(symbols: Sequence[int], bars: int, pair: tuple[int, int], *, all_in: bool) -> tuple[Any, Any]:
    quiet = configs.LoggingConfig(bypass_logging=True)
    engine = engines.BacktestEngine(configs.BacktestEngineConfig(logging=quiet, run_analysis=False))
    engine.add_venue(
        venue=_VENUE,
        oms_type=enums.OmsType.NETTING,
        account_type=enums.AccountType.CASH,
        base_currency=None,
        starting_balances=[objects.Money(INITIAL_CASH, currencies.USDT)],
    )
    pairs = [_instrument(symbol) for symbol in symbols]
    strategy = Crossover(pairs, pair, all_in=all_in)
    for symbol, instrument in zip(symbols, pairs, strict=True):
        engine.add_instrument(instrument)
        engine.add_data(_bars(instrument, symbol, bars))
    engine.add_strategy(strategy)
    return engine, strategy


def _instrument(symbol: int) -> Any:
    name = identifiers.Symbol(f"S{symbol}USDT")
    unit = objects.Currency(f"S{symbol}", 6, 0, f"S{symbol}", enums.CurrencyType.CRYPTO)
    return instruments.CurrencyPair(
        instrument_id=identifiers.InstrumentId(name, _VENUE),
        raw_symbol=name,
        base_currency=unit,
        quote_currency=currencies.USDT,
        price_precision=4,
        size_precision=6,
        price_increment=objects.Price(0.0001, 4),
        size_increment=objects.Quantity(0.000001, 6),
        ts_event=0,
        ts_init=0,
        maker_fee=Decimal(str(FEES)),
        taker_fee=Decimal(str(FEES)),
    )


def _bar_type(instrument: Any) -> Any:
    return bars_of.BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")


def _bars(instrument: Any, symbol: int, bars: int) -> Any:
    made = columns(symbol, bars)
    values = {name: getattr(made, name) for name in ("open", "high", "low", "close", "volume")}
    frame = pandas.DataFrame(values, index=pandas.to_datetime(made.end_ns, utc=True))
    return wranglers.BarDataWrangler(_bar_type(instrument), instrument).process(frame)


def _final_equity(engine: Any, strategy: Any) -> float:
    account = engine.portfolio.account(_VENUE)
    held: float = sum(
        float(engine.portfolio.net_position(instrument.id)) * strategy.last_close[instrument.id]
        for instrument in strategy.pairs
    )
    return float(account.balance_total(currencies.USDT)) + held


if __name__ == "__main__":
    tell(Peer("nautilus_trader", nautilus.__version__, _NOTE), prepare, shares=_SHARES)
