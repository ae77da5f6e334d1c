"""How one engine does one piece of work in a process of its own, told as one line of JSON."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.bench.peers.works import WORKS, Work

_MOST_ROUNDS = 9
_ENOUGH_SECONDS = 2.0

# Everything up to the run; the run itself returns the final equity of its first account.
Prepare = Callable[[Work], Callable[[], float]]


class Peer(NamedTuple):
    """An engine, and what it does in its own way (empty: nothing)."""

    name: str
    version: str
    note: str = ""


def tell(peer: Peer, prepare: Prepare, shares: Mapping[str, Work]) -> None:
    """Do the work that the command line names, or the peer's share of it, and print what it took.

    `seconds` is the fastest of up to 9 runs (one, when it takes two seconds), after a small one that does not
    count: what a peer compiles, it has compiled by then. `cpu_seconds` is what it took of all cores together.
    `scaled_from` says what was done when it was less than the work, and `share` how much of it that is.
    """
    work = WORKS[sys.argv[1]]
    done = shares.get(work.name, work)
    prepare(done._replace(bars=500, symbols=min(done.symbols, 2), pairs=done.pairs[:2]))()
    taken: list[tuple[float, float]] = []
    equity = 0.0
    while not taken or (sum(wall for wall, _ in taken) < _ENOUGH_SECONDS and len(taken) < _MOST_ROUNDS):
        run = prepare(done)
        started, cpu = time.perf_counter(), time.process_time()
        equity = run()
        taken.append((time.perf_counter() - started, time.process_time() - cpu))
    seconds, cpu_seconds = map(min, zip(*taken, strict=True))
    line = {
        "peer": peer.name,
        "version": peer.version,
        "note": peer.note,
        "work": work.name,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "peak_rss_mb": peak_rss_mb(),
        "scaled_from": done.told() if done != work else None,
        "share": done.size / work.size,
        "final_equity": equity,
    }
    # A peer may have left a progress bar without its end.
    print("\n" + json.dumps(line), flush=True)


def peak_rss_mb() -> float:
    """The most memory that this process ever held, in MB; Linux."""
    # Not getrusage: there, a child begins with what its parent held.
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/self/status has no VmHWM")
