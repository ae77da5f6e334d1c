"""Identifiers nobody has to coordinate."""

import uuid


class UuidIdSource:
    """An IdSource of random UUIDs (RFC 9562, version 4), 36 characters of 0-9, a-f and '-'."""

    def new_id(self) -> str:
        """A new identifier, never given before."""
        return str(uuid.uuid4())
