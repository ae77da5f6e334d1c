"""A person's private key, wherever it is kept."""

from typing import Protocol


class Signer(Protocol):
    """Signs with one Ed25519 key that never leaves the place where it is kept.

    That place may be a file, a smart card (PIV) or a hardware security module. Nothing here says that the
    private key can be read, that signing is fast, or that it needs no finger on a button.
    """

    @property
    def public_key(self) -> bytes:
        """The 32 raw bytes of the public key (RFC 8032); read once, and good while the key is away."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature of `message` itself, which is not hashed before (PureEdDSA).

        Blocks until the key has answered, which may take a person's touch. Refused when the key will not
        sign (a touch denied, a PIN blocked); Unavailable when it cannot be reached now (not plugged in,
        timed out) and the same call may be made again. No error holds a secret.
        """
        ...
