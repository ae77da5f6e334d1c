"""What was compiled is read by the next process; what would be another function is compiled anew."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json, sys
import numpy as np
from pathlib import Path
from numba.core import event
from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.ports.kernel_compiler import Kernel
from tests.contract import kernel_loops

def tripled(value):
    return value * FACTOR

FACTOR = float(sys.argv[2])
found = []
for identity in sys.argv[3:]:
    out = np.arange(1.0, 4.0)
    with event.install_recorder("numba:compile") as recorder:
        NumbaKernels(Path(sys.argv[1])).compiled(Kernel(kernel_loops.each, {"step": tripled}, identity))(out)
    found.append([len(recorder.buffer) > 0, out.tolist()])
print(json.dumps(found))
"""


def in_a_process(
    folder: Path, factor: float, *identities: str, seed: str = "0"
) -> list[tuple[bool, list[float]]]:
    """For each identity whether something was compiled, and what came out."""
    environment = {**os.environ, "PYTHONPATH": f"src{os.pathsep}.", "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(factor), *identities],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return [(compiled, values) for compiled, values in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("kernels")
    assert in_a_process(made, 3.0, "three") == [(True, [3.0, 6.0, 9.0])]
    return made


def test_the_next_process_reads_what_the_first_compiled(folder: Path) -> None:
    assert in_a_process(folder, 3.0, "three", seed="77") == [(False, [3.0, 6.0, 9.0])]


def test_another_identity_is_compiled_anew_though_the_loops_file_is_the_same(folder: Path) -> None:
    assert in_a_process(folder, 4.0, "four") == [(True, [4.0, 8.0, 12.0])]


def test_a_file_that_was_cut_short_is_compiled_again(folder: Path) -> None:
    for file in folder.rglob("*.nbc"):
        file.write_bytes(file.read_bytes()[:100])
    assert in_a_process(folder, 3.0, "three")[0][1] == [3.0, 6.0, 9.0]
