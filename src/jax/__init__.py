"""Jax: a trading platform in which only reviewed, signed, hash-verified strategies ever trade."""

import os
import sys

# mypy takes this name as true; importing `typing` for it would cost more than all the rest of this file.
TYPE_CHECKING = False

__all__ = ["Array", "__version__", "float0"]

__version__: str

_NAMESAKES = frozenset({"jax", "jaxlib"})
_METADATA_SUFFIXES = frozenset({"dist-info", "egg-info", "egg", "egg-link"})


def _installed_namesakes(search_path: list[str]) -> list[str]:
    """Return the metadata paths of the distributions `jax` and `jaxlib` in the folders of `search_path`.

    The folders are listed directly: importlib.metadata answers the same question, but importing it
    takes 25 ms, and this runs at the start of every command.
    """
    found = []
    for folder in search_path:
        try:
            entries = os.listdir(folder or os.curdir)  # noqa: PTH208 - pathlib costs an import here too
        except OSError:
            continue  # sys.path names zip files and folders that do not exist
        for entry in entries:
            stem, _, suffix = entry.rpartition(".")
            if suffix.lower() in _METADATA_SUFFIXES and stem.partition("-")[0].lower() in _NAMESAKES:
                found.append(os.path.join(folder, entry))  # noqa: PTH118 - as above
    return found


def _refuse_namesakes(search_path: list[str]) -> None:
    """Raise ImportError when the numerical library that has the same import name is installed."""
    found = _installed_namesakes(search_path)
    if found:
        raise ImportError(
            f"Jax cannot start: {', '.join(found)} belongs to the numerical library that is also imported "
            "as `jax`, and the two cannot share an environment; remove it with "
            "`python -m pip uninstall jax jaxlib`, or run Jax in an environment of its own.",
            name=__name__,
        )


_refuse_namesakes(sys.path)


class Array:
    """A class nothing is an instance of.

    SciPy >= 1.16 and the other users of array_api_compat take any loaded module called `jax` for the
    numerical library and ask `isinstance(x, jax.Array)`; this answers no, for every x.
    """

    def __new__(cls) -> "Array":
        """Raise TypeError: the class exists to be asked about, not to be used."""
        raise TypeError("jax.Array has no instances: Jax is a trading platform, not an array library.")


# Asked about for the same reason, as `x.dtype == jax.float0`: equal to no dtype that exists.
float0 = object()


# Hidden from mypy, which would otherwise let any misspelt `from jax import ...` pass.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> str:
        """Return `__version__` from the installed metadata, or "0+source" in a tree that is not installed."""
        if name != "__version__":
            raise AttributeError(f"module 'jax' has no attribute {name!r}")
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("jax-trading-assistant")
        except PackageNotFoundError:
            return "0+source"
