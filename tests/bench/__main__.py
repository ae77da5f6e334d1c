"""Benchmarks: `python3 dev.py bench`. Each prints ratios measured in one run; nothing is asserted.

Absolute times of a noisy machine mean little: read the ratios, which compare two things side by side.
"""

import asyncio

from tests.bench import decision, execution, revocation, verification


def main() -> None:
    decision.run()
    verification.run()
    asyncio.run(execution.run())
    asyncio.run(revocation.run())


if __name__ == "__main__":
    main()
