"""From a module's name to its file's text, without importing it or the packages around it."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NamedTuple

from jax.domain.bundle import SourceFile
from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable

_INIT = "__init__.py"


class FoundSource(NamedTuple):
    """A module's text under its path below the import root, and the file it was read from."""

    file: SourceFile
    origin: Path


def find_source(module: str) -> FoundSource:
    """The source of `module`.

    InvalidValue when there is no such module, or it is a package, has no source file or is not UTF-8;
    Unavailable when the file cannot be read.
    """
    spec = _spec(module)
    if spec is None:
        raise InvalidValue(module, "no such module is installed")
    if spec.submodule_search_locations is not None:
        raise InvalidValue(
            module, "is a package, whose __init__ no bundle holds: move the code into a module of its own"
        )
    if spec.origin is None or not spec.origin.endswith(".py"):
        raise InvalidValue(module, "has no source file to read")
    origin = Path(spec.origin)
    return FoundSource(SourceFile(module.replace(".", "/") + ".py", _text(module, origin)), origin)


def is_module(name: str) -> bool:
    """Whether `name` is an installed module or package."""
    return _spec(name) is not None


def _text(module: str, path: Path) -> str:
    try:
        # Decoded here: opening it as text would change its line ends, and so its hash.
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidValue(module, f"its source {path} is not UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise Unavailable(f"The source {path} cannot be read ({error.strerror or error})") from error


def _spec(module: str) -> ModuleSpec | None:
    """As importlib.util.find_spec, which would run the `__init__` of every package on the way."""
    locations: Sequence[str] | None = None
    spec = None
    name = ""
    for part in module.split("."):
        if name and locations is None:
            return None
        name = f"{name}.{part}" if name else part
        spec = _find(name, locations)
        if spec is None:
            return None
        found = spec.submodule_search_locations
        locations = None if found is None else list(found)
    return spec


def _find(name: str, locations: Sequence[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        spec = finder.find_spec(name, locations)
        if spec is not None:
            return spec
    return None
