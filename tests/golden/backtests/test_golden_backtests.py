"""The pinned results of real runs: the same orders and metrics here, tomorrow and in any process."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden.backtests.record_golden_runs import (
    FOLDER,
    STRATEGIES,
    golden_document,
    golden_run,
)

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_run_gives_the_pinned_orders_and_metrics(strategy: str, tmp_path: Path) -> None:
    pinned = json.loads((FOLDER / f"{strategy}.json").read_text(encoding="utf-8"))
    found = golden_document(asyncio.run(golden_run(tmp_path, strategy)))
    differing = {name: (pinned.get(name), found.get(name)) for name in {*pinned, *found}}
    assert found == pinned, {name: pair for name, pair in differing.items() if pair[0] != pair[1]}


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "77", "TZ": "America/New_York", "POLARS_MAX_THREADS": "1", "PYTHONOPTIMIZE": "2"},
    ],
)
def test_another_process_gives_the_same_bytes(environment: dict[str, str]) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "tests.golden.backtests.record_golden_runs", "--print", "ma_crossover_v1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
        env={**os.environ, **environment, "PYTHONPATH": f"src{os.pathsep}."},
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == (FOLDER / "ma_crossover_v1.json").read_text(encoding="utf-8")
