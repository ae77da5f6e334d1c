"""Compiles kernels with numba and keeps what it compiled on disk.

Without fastmath: a fused multiply-add, or a sum in another order, would change bits.
"""

import hashlib
import inspect
import math
import pickle
import platform
import shutil
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import numba
from numba.core import config
from numba.core.errors import NumbaError

from jax.ports.errors import Refused
from jax.ports.kernel_compiler import Kernel

_setting_folder = threading.Lock()


class NumbaKernels:
    """Kernels compiled to machine code, in `folder`.

    Numba's own cache looks at the loop's file alone and would not see that something the loop calls has
    changed, so each set of sources has a folder of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._compiled: dict[tuple[Callable[..., Any], str], _KeptLoop] = {}
        self._lock = threading.Lock()

    def compiled(self, kernel: Kernel) -> Callable[..., Any]:
        """The compiled loop; the machine code itself is made, or read from the folder, at the first call."""
        known = (kernel.loop, kernel.identity)
        with self._lock:
            if known not in self._compiled:
                # Sources that change while the process lives are not what it runs.
                self._compiled[known] = _KeptLoop(kernel, self._folder / _digest(kernel))
            return self._compiled[known]


class _KeptLoop:
    """A compiled loop, and the folder that it is kept in."""

    def __init__(self, kernel: Kernel, folder: Path) -> None:
        self._kernel = kernel
        self._folder = folder
        self._outer = _Rebuilding(kernel.bound).rebuilt(kernel.loop)
        self._loop = self._dispatcher()

    def __call__(self, *arguments: Any) -> Any:
        try:
            return self._loop(*arguments)
        except NumbaError as error:
            raise self._refused(error) from error
        except (pickle.UnpicklingError, EOFError):
            # Read before anything ran: what the disk did to the file, another compilation puts right.
            shutil.rmtree(self._folder)
            self._loop = self._dispatcher()
            return self._loop(*arguments)

    def _dispatcher(self) -> Callable[..., Any]:
        # What is read back from there is run: nobody else may write to it.
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _setting_folder:
            # Read by the dispatcher while it is made, and by nothing after that.
            before = config.CACHE_DIR  # type: ignore[attr-defined]
            config.CACHE_DIR = str(self._folder)  # type: ignore[attr-defined]
            try:
                return numba.njit(nogil=True, cache=True)(self._outer)
            finally:
                config.CACHE_DIR = before  # type: ignore[attr-defined]

    def _refused(self, error: NumbaError) -> Refused:
        # The last line that numba wrote of itself, before it shows the source.
        lines = [line for line in str(error).splitlines() if line.strip()]
        what = f"{self._kernel.loop.__name__} cannot be compiled for {self._kernel.identity}"
        return Refused(
            f"{what}: {next((line for line in lines if 'pipeline' not in line), '')}", code="NOT_COMPILED"
        )


class _Rebuilding:
    """Functions whose callees are compiled ones; the originals stay as they are."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self._inner: dict[int, Any] = {}
        self._kept: list[Any] = []

    def rebuilt(self, function: Callable[..., Any]) -> FunctionType:
        if not isinstance(function, FunctionType):
            raise TypeError(f"{function!r} is no plain function")
        found = {**function.__globals__, **self._names}
        for name in _names_in(function.__code__):
            if name in found:
                found[name] = self._usable(found[name])
        again = FunctionType(function.__code__, found, function.__name__, function.__defaults__)
        again.__qualname__, again.__module__ = function.__qualname__, __name__
        return again

    def _usable(self, value: Any) -> Any:
        if isinstance(value, FunctionType):
            if id(value) not in self._inner:
                self._kept.append(value)
                self._inner[id(value)] = numba.njit(forceinline=True)(self.rebuilt(value))
            return self._inner[id(value)]
        if isinstance(value, ModuleType) and value is not math and hasattr(value, "sqrt"):
            # A strategy's own `math` is a stand-in that holds the real one's functions.
            return math
        return value


def _names_in(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names_in(constant)
    return names


def _digest(kernel: Kernel) -> str:
    """A name for everything that the machine code follows from."""
    digest = hashlib.sha256()
    for part in (kernel.identity, kernel.loop.__qualname__, numba.__version__, platform.python_version()):
        digest.update(part.encode() + b"\0")
    for file in sorted(Path(inspect.getfile(kernel.loop)).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:32]
