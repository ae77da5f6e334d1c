"""Whoever holds a private key: a file, a smart card, a hardware module."""

from typing import Protocol


class Signer(Protocol):
    """One Ed25519 key (RFC 8032), which never leaves where it is."""

    @property
    def public_key(self) -> bytes:
        """32 raw bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature over `message`.

        Refused when the holder says no; Unavailable when the key cannot be reached: nothing was signed.
        """
        ...
