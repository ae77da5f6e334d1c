"""Jax's run_backtest on one account of many symbols: domain bars in, a BacktestResult out.

`python -m tests.bench.peers.run_jax_whole WORK FOLDER`: what is compiled is kept in the folder.
"""

import importlib.metadata

from tests.bench.peers.jax_account import prepare_bars
from tests.bench.peers.measuring import Peer, tell
from tests.bench.peers.works import WORKS

# A million bars of the domain take most of a minute to make.
_SHARES = {"shared_account": WORKS["shared_account"]._replace(symbols=40)}

if __name__ == "__main__":
    tell(Peer("Jax", importlib.metadata.version("jax-trading-assistant")), prepare_bars, _SHARES)
