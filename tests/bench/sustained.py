"""Executions at a steady rate for minutes: how late they are answered, and whether memory grows.

`python3 dev.py bench sustained [RATE [MINUTES]]`, by default 500 a second for one minute; for half an hour
of memory, `python3 dev.py bench sustained 10 30`. The orders are limits away from the market, acknowledged,
and canceled again every few seconds, so that what is left of them is over.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bench.execute_http import Services, call, services
from tests.bench.stopwatch import quantiles_ms

# As many as are busy more often than a server closes what is idle.
_MOST_CALLERS = 64
_CANCEL_EVERY_SECONDS = 5.0
_TELL_EVERY_SECONDS = 15.0
_PATIENCE_SECONDS = 30.0
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass
class _Told:
    """What happened since it was last told."""

    due: list[float]
    taken: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)


def run(arguments: list[str]) -> None:
    rate = float(arguments[0]) if arguments else 500.0
    minutes = float(arguments[1]) if len(arguments) > 1 else 1.0
    count = int(rate * minutes * 60)
    with services(count) as at_work:
        asyncio.run(_sustain(at_work, rate=rate))


async def _sustain(at_work: Services, *, rate: float) -> None:
    """Each is due at its own time, whether or not the one before it was answered."""
    began = time.perf_counter()
    told = _Told([began + number / rate for number in range(len(at_work.bodies))])
    waiting = iter(zip(at_work.bodies, told.due, strict=True))
    helpers = [asyncio.create_task(_cancel(at_work)), asyncio.create_task(_tell(at_work, told, began))]

    async def send() -> None:
        caller = await call(at_work.port)
        for body, due in waiting:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await caller.answer("/api/v1/execute", body)
            told.taken.append(time.perf_counter() - due)
            if b'"code"' in answer:
                told.refused.append(answer)

    async with asyncio.TaskGroup() as callers:
        for _ in range(max(1, min(_MOST_CALLERS, int(rate)))):
            callers.create_task(send())
    took = time.perf_counter() - began
    for helper in helpers:
        helper.cancel()
    await asyncio.gather(*helpers, return_exceptions=True)
    print(f"{len(at_work.bodies) / took:.1f} executions a second for {took:.0f} s, {rate:g} wanted")


async def _tell(at_work: Services, told: _Told, began: float) -> None:
    while True:
        await asyncio.sleep(_TELL_EVERY_SECONDS)
        taken, told.taken = told.taken, []
        refused, told.refused = told.refused, []
        late = f"{quantiles_ms(taken)} after they were due" if len(taken) > 1 else "no answers"
        memory = [_resident_mb(process.process.pid) for process in (at_work.trader, at_work.bridge)]
        print(
            f"{time.perf_counter() - began:6.0f} s  {len(taken)} answers, {late}; {len(refused)} refused"
            f"{refused[0][:200].decode() if refused else ''}; memory {memory[0]:.1f} MB of the trader, "
            f"{memory[1]:.1f} MB of the bridge",
            flush=True,
        )


async def _cancel(at_work: Services) -> None:
    said = {"actor": "olivia", "reason": "the bench makes room"}
    async with httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as client:
        while True:
            await asyncio.sleep(_CANCEL_EVERY_SECONDS)
            try:
                answer = await client.post(at_work.trader.url + "/api/v1/flatten", json=said)
            except httpx.TransportError as error:
                print(f"nothing was canceled: {error!r}", flush=True)
                continue
            if answer.is_error:
                print(f"nothing was canceled: {answer.text[:200]}", flush=True)


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_MB
