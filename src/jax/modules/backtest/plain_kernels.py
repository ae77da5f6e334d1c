"""Kernels as plain Python: slower, and the measure of what a compiled one must give."""

from collections.abc import Callable
from typing import Any

from jax.modules.backtest.binding import bound
from jax.ports.kernel_compiler import Kernel


class PlainKernels:
    """Runs a kernel's own functions."""

    def compiled(self, kernel: Kernel) -> Callable[..., Any]:
        """The loop with its names bound."""
        return bound(kernel.loop, kernel.bound)
