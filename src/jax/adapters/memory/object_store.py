"""Objects, in memory."""

import re

from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound

_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_KEY = re.compile(f"(?=.{{1,1000}}$){_PART}(/{_PART})*")


class MemoryObjectStore:
    """Objects by key."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    async def put(self, key: str, content: bytes) -> None:
        if self._objects.setdefault(_checked(key), bytes(content)) != content:
            raise Conflict(f"Object {key} is stored with other bytes: objects never change.")

    async def get(self, key: str) -> bytes:
        try:
            return self._objects[_checked(key)]
        except KeyError:
            raise NotFound(f"There is no object {key}.") from None

    def location(self, key: str) -> str:
        return f"memory:{_checked(key)}"


def _checked(key: str) -> str:
    if _KEY.fullmatch(key) is None:
        raise InvalidValue(
            "key",
            f"{key[:80]!r} is not made of parts of a-z A-Z 0-9 . _ - joined by /, none starting with a dot "
            "or longer than 200",
        )
    return key
