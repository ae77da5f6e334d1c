"""Benchmarks: `python3 dev.py bench`. Each prints ratios measured in one run; nothing is asserted.

Absolute times of a noisy machine mean little: read the ratios, which compare two things side by side.
`python3 dev.py bench peers` compares the research engine with others (tests/bench/peers/comparison.py),
`python3 dev.py bench sustained` executes at a steady rate for minutes (tests/bench/sustained.py),
`bench market` runs the way from the market to a signal alone.
"""

import asyncio
import sys

from tests.bench import (
    decision,
    execute_http,
    execution,
    market,
    recovery_start,
    revocation,
    sustained,
    verification,
)
from tests.bench.peers import comparison


def main() -> None:
    if sys.argv[1:2] == ["peers"]:
        comparison.run(sys.argv[2:])
        return
    if sys.argv[1:2] == ["sustained"]:
        sustained.run(sys.argv[2:])
        return
    if sys.argv[1:2] == ["market"]:
        asyncio.run(market.run())
        return
    decision.run()
    verification.run()
    asyncio.run(market.run())
    asyncio.run(execution.run())
    execute_http.run()
    recovery_start.run()
    asyncio.run(revocation.run())


if __name__ == "__main__":
    main()
