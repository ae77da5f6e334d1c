"""`python -m tests.simulation --seed N --trace`, `--seeds 20000`, `--mutants`."""

import argparse
import sys
import time

from tests.simulation.mutants import MUTANTS
from tests.simulation.search import first_catch, quiet_logs, violations
from tests.simulation.world import World


def say(text: object) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, help="run this world only")
    parser.add_argument("--trace", action="store_true", help="print every event of it")
    parser.add_argument("--seeds", type=int, default=2000, help="run the worlds from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument(
        "--mutants", action="store_true", help="search for the worlds that notice each mutant"
    )
    asked = parser.parse_args()
    with quiet_logs():
        if asked.mutants:
            return _mutants(asked.seeds)
        if asked.seed is not None:
            return _one(asked.seed, asked.trace)
        return _many(asked.first, asked.seeds, asked.processes)


def _one(seed: int, is_traced: bool) -> int:
    trace: list[str] = []
    world = World(seed, trace=trace)
    violation = world.run()
    if is_traced:
        say(world.possible)
        say("\n".join(trace))
    say(f"seed {seed}: {violation or 'no violation'} ({len(trace)} events)")
    return int(violation is not None)


def _mutants(seeds: int) -> int:
    survived = 0
    for mutant in MUTANTS:
        started = time.monotonic()
        caught = first_catch(mutant, seeds=range(seeds))
        survived += caught is None
        told = "NOT CAUGHT" if caught is None else f"seed {caught[0]}: {caught[1]}"
        say(f"{mutant.name} ({time.monotonic() - started:.1f} s): {told}")
    return int(survived > 0)


def _many(first: int, count: int, processes: int) -> int:
    started, broken = time.monotonic(), 0
    seeds = range(first, first + count)
    for done, (seed, violation) in enumerate(violations(seeds, processes=processes), start=1):
        if violation is not None:
            broken += 1
            say(f"seed {seed}: {violation}")
        if done % 500 == 0 or done == count:
            rate = done / (time.monotonic() - started)
            say(f"{done} worlds, {broken} with a violation, {rate:.0f} a second")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
