"""Immutable objects as files below one folder."""

import asyncio
import re
from pathlib import Path

from jax.adapters.local_object_store.object_folder import ObjectFolder
from jax.domain.errors import InvalidValue

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_LONGEST_PART = 200
_LONGEST_KEY = 1000


class LocalObjectStore:
    """An ObjectStore below the folder `root`, which is made when the first object is stored.

    Files have mode 0600, folders 0700. No symbolic link below `root` is followed. Several processes may put
    at once.
    """

    def __init__(self, root: Path) -> None:
        self._folder = ObjectFolder(root)

    async def put(self, key: str, content: bytes) -> None:
        """See ObjectStore; the object survives a loss of power once this has returned."""
        await asyncio.to_thread(self._folder.write, _parts(key), content)

    async def get(self, key: str) -> bytes:
        """See ObjectStore."""
        return await asyncio.to_thread(self._folder.read, _parts(key))

    def location(self, key: str) -> str:
        """The path of the object's file."""
        return str(self._folder.path(_parts(key)))


def _parts(key: str) -> tuple[str, ...]:
    parts = tuple(key.split("/"))
    if len(key) > _LONGEST_KEY or not all(_is_part(part) for part in parts):
        raise InvalidValue(
            "key",
            f"{key[:80]!r} is not made of parts of a-z A-Z 0-9 . _ - joined by /, none starting with a dot "
            f"or longer than {_LONGEST_PART}",
        )
    return parts


def _is_part(part: str) -> bool:
    return len(part) <= _LONGEST_PART and _PART.fullmatch(part) is not None
