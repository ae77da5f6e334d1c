"""The market of the paper venue: what it was told of instruments and bars."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from jax.domain.bar import Bar
from jax.domain.errors import InvalidValue
from jax.domain.instrument import Instrument
from jax.ports.errors import NotFound

_CANDLES_OF_A_SYMBOL = 1000


class PaperMarket:
    """Instruments are told with the first bars of a symbol, and known from the venue's books afterwards.

    The newest bars of each symbol are kept in memory, for whoever asks for candles.
    """

    def __init__(self) -> None:
        self._instruments: dict[str, Instrument] = {}
        self._candles: dict[str, deque[Bar]] = {}

    def learn(self, instruments: Mapping[str, Instrument]) -> None:
        """Adds or replaces instruments."""
        self._instruments.update(instruments)

    async def instrument_of(self, symbol: str) -> Instrument:
        """NotFound when nobody has told of it."""
        if symbol not in self._instruments:
            raise NotFound(f"no instrument {symbol}")
        return self._instruments[symbol]

    async def hear(
        self,
        bars: Sequence[Bar],
        instruments: Sequence[Instrument],
        tell: Callable[[Sequence[Bar]], Awaitable[None]],
    ) -> None:
        """Passes bars on to the venue; InvalidValue, and nothing is done, when an instrument is not known."""
        told = {instrument.symbol: instrument for instrument in instruments}
        for number, bar in enumerate(bars):
            if bar.symbol not in told and bar.symbol not in self._instruments:
                raise InvalidValue(
                    f"bars[{number}].symbol",
                    f"{bar.symbol} is not known here yet: send it in `instruments` with its first bars",
                )
        self.learn(told)
        await tell(sorted(bars, key=lambda bar: bar.end))
        for bar in bars:
            self._candles.setdefault(bar.symbol, deque(maxlen=_CANDLES_OF_A_SYMBOL)).append(bar)

    def candles(self, symbol: str, limit: int) -> Sequence[Bar]:
        """The newest bars since the bridge started, oldest first; NotFound when there are none."""
        if symbol not in self._candles:
            raise NotFound(f"the bridge has heard no bar of {symbol} since it started")
        return sorted(self._candles[symbol], key=lambda bar: bar.end)[-limit:]
