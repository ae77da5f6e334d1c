"""What pyproject.toml and requirements.lock say, for the tests that compare them."""

import tomllib
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev

PROJECT: dict[str, Any] = tomllib.loads((dev.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = dev.LOCK.read_text(encoding="utf-8")

# The dependencies by the name of their extra, "" for those that are always installed.
DECLARED: dict[str, list[Requirement]] = {
    extra: [Requirement(line) for line in lines]
    for extra, lines in {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
}


def pins() -> dict[str, list[Requirement]]:
    """Return the lock's pinned requirements by their canonical names: one, or one for each marker."""
    found: dict[str, list[Requirement]] = {}
    for line in LOCK.splitlines():
        if line and not line.startswith((" ", "#")):
            pin = Requirement(line.rstrip("\\ "))
            found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found
