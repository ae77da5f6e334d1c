"""A kernel compiler's contract: bound names are used, nothing else changes, and the bits are the same."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jax.adapters.compute.numba_kernels import NumbaKernels
from jax.modules.backtest.plain_kernels import PlainKernels
from jax.ports.errors import Refused
from jax.ports.kernel_compiler import Kernel, KernelCompiler
from tests.contract import kernel_loops


@pytest.fixture(params=["plain", "numba"])
def compiler(request: pytest.FixtureRequest, tmp_path: Path) -> KernelCompiler:
    return PlainKernels() if request.param == "plain" else NumbaKernels(tmp_path / "kernels")


def filled(compiler: KernelCompiler, step: Callable[..., float], identity: str) -> list[float]:
    out = np.arange(1.0, 6.0)
    compiler.compiled(Kernel(kernel_loops.each, {"step": step}, identity))(out)
    return list(out.tolist())


def test_a_bound_name_is_what_the_loop_calls(compiler: KernelCompiler) -> None:
    assert filled(compiler, kernel_loops.doubled, "doubled") == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_two_kernels_of_one_loop_stay_apart(compiler: KernelCompiler) -> None:
    assert filled(compiler, kernel_loops.doubled, "doubled") != filled(
        compiler, kernel_loops.rooted, "rooted"
    )
    assert filled(compiler, kernel_loops.doubled, "doubled") == [2.0, 4.0, 6.0, 8.0, 10.0]


def test_callees_of_callees_are_reached_and_the_bits_are_pythons(compiler: KernelCompiler) -> None:
    expected = [math.sqrt(value) / 3.0 + math.log(value) for value in np.arange(1.0, 6.0).tolist()]
    assert filled(compiler, kernel_loops.rooted, "rooted") == expected


def test_the_functions_themselves_stay_as_they_were(compiler: KernelCompiler) -> None:
    filled(compiler, kernel_loops.rooted, "rooted")
    assert not hasattr(kernel_loops, "step")
    assert kernel_loops.rooted(4.0) == math.sqrt(4.0) / 3.0 + math.log(4.0)


def test_a_compiled_division_by_zero_raises_as_in_python(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        filled(NumbaKernels(tmp_path), kernel_loops.over_zero, "over zero")


def test_what_cannot_be_compiled_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="each cannot be compiled for strange"):
        filled(NumbaKernels(tmp_path), kernel_loops.strange, "strange")


def test_a_loop_that_is_no_plain_function_is_an_error(compiler: KernelCompiler) -> None:
    kernel: Any = Kernel(math.sqrt, {}, "root")
    with pytest.raises(TypeError):
        compiler.compiled(kernel)
