"""Wheels of what is installed here, so that a set-up can be tried without any package index."""

import hashlib
import zipfile
from contextlib import suppress
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.utils import canonicalize_name


class Wheelhouse:
    """A folder of wheels that serves as a package index, and the block of each in a lock."""

    def __init__(self, folder: Path) -> None:
        """Fill the empty `folder` with what the small checkout needs; uv only where it is installed."""
        self.folder = folder
        self.blocks = {name: repack(name, folder) for name in ("flit-core", "rfc8785")}
        with suppress(PackageNotFoundError):
            self.blocks["uv"] = repack("uv", folder)


def repack(name: str, folder: Path) -> str:
    """Write the installed distribution `name` as a wheel into `folder`, and return its block for a lock.

    Raises:
        PackageNotFoundError: it is not installed here.
    """
    installed = distribution(name)
    tag = next(line[5:] for line in (installed.read_text("WHEEL") or "").splitlines() if line[:5] == "Tag: ")
    wheel = folder / f"{installed.name.replace('-', '_')}-{installed.version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for place, file in _contents(installed):
            archive.write(file, place)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{canonicalize_name(name)}=={installed.version} \\\n    --hash=sha256:{digest}\n"


def _contents(installed: Distribution) -> list[tuple[str, Path]]:
    """Return (place in the wheel, file) for all files; scripts made from entry points are made again."""
    made = {entry.name for entry in installed.entry_points if entry.group == "console_scripts"}
    contents = []
    for path in installed.files or []:
        file = Path(str(path.locate())).resolve()
        if path.parts[0] != "..":
            place = path.as_posix()
        elif path.parts[-2] == "bin" and path.name not in made:
            place = f"{installed.name.replace('-', '_')}-{installed.version}.data/scripts/{path.name}"
        else:
            continue
        if "__pycache__" not in path.parts and path.name not in {"INSTALLER", "REQUESTED", "direct_url.json"}:
            contents.append((place, file))
    return contents
