"""Jax and other engines at the same work, one after the other in one run: `python3 dev.py bench peers`.

`python3 dev.py bench peers PYTHON` takes the Python of an environment that holds the others already.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.peers.environment import ROOT, peers_python, without_jax
from tests.bench.peers.works import WORKS

_EVENT_DRIVEN = ("backtesting", "backtrader", "nautilus")
_PEERS = ("vectorbt", "raptorbt", *_EVENT_DRIVEN)
_AT_WORK: Mapping[str, Sequence[str]] = {
    "agreement": _PEERS,
    "shared_agreement": ("backtrader", "nautilus"),
    "one_run": _PEERS,
    "sweep": _PEERS,
    "sweep_of_4000": (),
    "symbols": _PEERS,
    "shared_account": _EVENT_DRIVEN,
}
_TO_REACH = {
    "one_run": "0.015 s",
    "sweep": "0.3 s, under 300 MB",
    "symbols": "0.012 s",
    "shared_account": "20 times as fast as every engine below",
}
_LONGEST_SECONDS = 900


class Told(NamedTuple):
    """What one process said: its last line of JSON, or why there is none."""

    line: Mapping[str, Any]
    failure: str = ""


class Places(NamedTuple):
    """The two environments, and the folder of what is compiled."""

    ours: Path
    theirs: Path
    folder: Path

    def of_jax(self, module: str, *arguments: str) -> Told:
        """A module of this folder, with Jax."""
        command = (str(self.ours), "-m", f"tests.bench.peers.{module}", *arguments)
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        return _told(command, {**self._environment(), "PYTHONPATH": path})

    def of_peer(self, peer: str, work: str) -> Told:
        """A peer at a work."""
        return _told((str(self.theirs), "-m", f"tests.bench.peers.run_{peer}", work), self._environment())

    def _environment(self) -> dict[str, str]:
        # Python's own compiled files are part of what is warm, also where writing them is turned off.
        kept = {**without_jax(os.environ), "PYTHONPYCACHEPREFIX": str(self.folder / "pycache")}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        return kept


def run(arguments: Sequence[str]) -> None:
    """The table, from the first line to the last."""
    given = arguments[0] if arguments else None
    with peers_python(given) as theirs, tempfile.TemporaryDirectory(prefix="bench-kernels-") as folder:
        places = Places(Path(sys.executable), theirs, Path(folder))
        for work in WORKS:
            _print_work(places, work)
        _print_strategies(places)
        _print_whole(places)
        _print_cold(places)


def _print_work(places: Places, work: str) -> None:
    aim = f"; to reach: {_TO_REACH[work]}" if work in _TO_REACH else ""
    print(f"\n{work}: {WORKS[work].told()}{aim}", flush=True)
    jax = places.of_jax("run_jax", work, str(places.folder))
    print(row("jax", jax, None), flush=True)
    for peer in _AT_WORK[work]:
        print(row(peer, places.of_peer(peer, work), jax), flush=True)


def row(name: str, told: Told, jax: Told | None) -> str:
    """One engine's line: seconds for the whole work, of the clock and of all cores, memory, ratio to Jax."""
    line = told.line
    if told.failure:
        return f"  {name:16} failed: {told.failure}"
    share = line["share"]
    seconds, cpu = line["seconds"] / share, line["cpu_seconds"] / share
    label = f"{line['peer']} {line['version']}"
    text = f"  {label:23} {seconds:11.4f} s {cpu:11.4f} s CPU {line['peak_rss_mb']:6.0f} MB"
    text += f"   ends with {line['final_equity']:13.4f}"
    if jax is not None and not jax.failure:
        text += f" {seconds / jax.line['seconds']:9.1f} x Jax, {cpu / jax.line['cpu_seconds']:.1f} x its CPU"
    remarks = [f"from {line['scaled_from']}"] if line["scaled_from"] else []
    remarks += [line["note"]] if line["note"] else []
    return text + (f"  ({'; '.join(remarks)})" if remarks else "")


def _print_strategies(places: Places) -> None:
    print(f"\nthe sweep for every strategy: {WORKS['sweep'].told()}; to reach: 0.6 s", flush=True)
    for name in sorted(entry.name for entry in entry_points(group="jax.strategies")):
        folder = str(places.folder)
        places.of_jax("run_jax_strategies", name, folder, "2")
        told = places.of_jax("run_jax_strategies", name, folder, "1000")
        if told.failure:
            print(f"  {name:23} failed: {told.failure}", flush=True)
            continue
        line = told.line
        print(
            f"  {name:23} {line['seconds']:11.4f} s {line['cpu_seconds']:11.4f} s CPU"
            f" {line['peak_rss_mb']:6.0f} MB   {line['trades_a_set']:.0f} trades a set",
            flush=True,
        )


def _print_whole(places: Places) -> None:
    work = "shared_account"
    print(f"\nrun_backtest, from domain bars to a result: {WORKS[work].told()}", flush=True)
    print(row("jax", places.of_jax("run_jax_whole", work, str(places.folder)), None), flush=True)


def _print_cold(places: Places) -> None:
    print("\nfirst result from a cold process, 10,000 bars, cache warm; to reach: 1.5 s", flush=True)
    for label, arguments in (("as plain Python", ()), ("compiled", (str(places.folder),))):
        lives = [_life(places, *arguments) for _ in range(4)]
        failures = [life.failure for life in lives if life.failure]
        # The first one writes what the others find.
        seconds = min(life.seconds for life in lives[1:])
        cpu = min(life.cpu_seconds for life in lives[1:])
        told = f"failed: {failures[0]}" if failures else f"{seconds:11.4f} s {cpu:11.4f} s CPU"
        print(f"  {label:23} {told}", flush=True)


class Life(NamedTuple):
    """What a process took from its start to its end, and why it failed, if it did."""

    seconds: float
    cpu_seconds: float
    failure: str


def _life(places: Places, *arguments: str) -> Life:
    started, before = time.perf_counter(), os.times()
    told = places.of_jax("jax_cold", *arguments)
    seconds, after = time.perf_counter() - started, os.times()
    cpu = sum(after[field] - before[field] for field in (2, 3))
    return Life(seconds, cpu, told.failure)


def _told(command: Sequence[str], environment: Mapping[str, str]) -> Told:
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_LONGEST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Told({}, f"took longer than {_LONGEST_SECONDS} s")
    if done.returncode:
        return Told({}, (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])
    return Told(json.loads(done.stdout.strip().splitlines()[-1]))
