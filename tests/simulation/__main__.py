"""`python -m tests.simulation --seed N --trace`, `--seeds 20000`, `--mutants`."""

import argparse
import sys
import time

from tests.simulation.search import first_violation, quiet_logs
from tests.simulation.world import World


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, help="run this world only")
    parser.add_argument("--trace", action="store_true", help="print every event of it")
    parser.add_argument("--seeds", type=int, default=2000, help="run the worlds from --first on")
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    with quiet_logs():
        if asked.seed is not None:
            return _one(asked.seed, asked.trace)
        return _many(asked.first, asked.seeds)


def _one(seed: int, is_traced: bool) -> int:
    trace: list[str] = []
    world = World(seed, trace=trace)
    print(world.possible)
    violation = world.run()
    print("\n".join(trace) if is_traced else f"{len(trace)} events")
    print(f"seed {seed}: {violation or 'no violation'}")
    return int(violation is not None)


def _many(first: int, count: int) -> int:
    started = time.monotonic()
    for seed in range(first, first + count):
        violation = first_violation(seed)
        if violation is not None:
            print(f"seed {seed}: {violation}")
        if (seed + 1 - first) % 200 == 0:
            print(f"{seed + 1 - first} worlds, {(seed + 1 - first) / (time.monotonic() - started):.1f} a second", flush=True)
    return 0


sys.exit(main())
