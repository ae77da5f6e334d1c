"""Turns the functions of research's inner loops into something that runs them fast."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A loop over arrays, and the functions and values that stand for free names in it.

    `loop` is a plain function of a module; each name in `bound` replaces the global of that name. `identity`
    tells one set of bound functions from every other, whatever process made them: what is compiled may be
    kept under it.
    """

    loop: Callable[..., Any]
    bound: Mapping[str, Any]
    identity: str


class KernelCompiler(Protocol):
    """Compiled or not, a kernel gives the same bits; it may be called from many threads at once."""

    def compiled(self, kernel: Kernel) -> Callable[..., Any]:
        """`kernel.loop` with its names bound. Refused: something in it cannot be compiled."""
        ...
