"""Immutable bytes by name: payloads, bundles, reports."""

from typing import Protocol


class ObjectStore(Protocol):
    """Objects are written once and never change.

    A key is one or more parts of `a-z A-Z 0-9 . _ -` joined by `/`, no part starting with a dot; any other
    key raises InvalidValue. A reader sees a whole object or none, also while one is written or after a crash.
    """

    async def put(self, key: str, content: bytes) -> None:
        """Stores `content`; a repeat with the same bytes is a no-op, with others Conflict.

        Unavailable when the store cannot be written; nothing is left behind then.
        """
        ...

    async def get(self, key: str) -> bytes:
        """The object's bytes; NotFound or Unavailable otherwise. The caller checks the hash."""
        ...

    def location(self, key: str) -> str:
        """Where a person finds the object: a path or an address."""
        ...
