"""New identifiers."""

from typing import Protocol


class IdSource(Protocol):
    """The only source of identifiers that do not follow from what they identify."""

    def new_id(self) -> str:
        """A new identifier of 1 to 36 characters of a-z, 0-9 and '-', never given before."""
        ...
