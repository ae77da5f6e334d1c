"""What one run of a peer left behind, and the file that keeps it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.golden.peers.price_series import PeerBar

FILE = Path(__file__).with_name("peer_trades.json")
PAIRS = ((10, 30), (5, 20), (20, 60), (3, 8))
INITIAL_CASH = 100_000
COMMISSION_BPS = 10
VECTORBT = "vectorbt"
BACKTESTING = "backtesting.py"
BACKTESTING_WHOLE_UNITS = "backtesting.py, whole units"
PEERS = (VECTORBT, BACKTESTING, BACKTESTING_WHOLE_UNITS)


class PeerTrade(NamedTuple):
    """A round trip: bars are counted from 0, `net_pnl` is after both commissions."""

    entry_bar: int
    entry_price: float
    exit_bar: int
    exit_price: float
    size: float
    net_pnl: float


class PeerPosition(NamedTuple):
    """What was still held after the last bar."""

    entry_bar: int
    entry_price: float
    size: float


class PeerRun(NamedTuple):
    """One run of one peer; `final_equity` is at the last close, without the cost of selling what is held."""

    peer: str
    series: str
    fast: int
    slow: int
    trades: tuple[PeerTrade, ...]
    held: PeerPosition | None
    final_equity: float


def digest(bars: Sequence[PeerBar]) -> str:
    """SHA-256 over the bars, one line a bar."""
    lines = "".join(",".join(str(value) for value in bar) + "\n" for bar in bars)
    return hashlib.sha256(lines.encode()).hexdigest()


def written(about: dict[str, Any], runs: Sequence[PeerRun]) -> str:
    """The file's text: one trade a line, floats with all their digits."""
    head = json.dumps(about, indent=2)[1:-2]
    return "{" + head + ',\n  "runs": [\n' + ",\n".join(_run_text(run) for run in runs) + "\n  ]\n}\n"


def recorded_runs() -> tuple[PeerRun, ...]:
    """The committed runs."""
    return tuple(_run(document) for document in recorded_document()["runs"])


def recorded_document() -> dict[str, Any]:
    """The committed file, versions and digests of the series included."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return document


def _run_text(run: PeerRun) -> str:
    trades = ",\n".join(f"        {json.dumps(trade)}" for trade in run.trades)
    named = {name: value for name, value in run._asdict().items() if name != "trades"}
    rest = ", ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in named.items())
    return f'    {{{rest}, "trades": [\n{trades}\n    ]}}'


def _run(document: dict[str, Any]) -> PeerRun:
    trades = tuple(PeerTrade(*trade) for trade in document["trades"])
    held = PeerPosition(*document["held"]) if document["held"] else None
    return PeerRun(**{**document, "trades": trades, "held": held})
