"""A private key in the memory of this process."""

from typing import NoReturn, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from jax.domain.gate_key import key_id_of


class Ed25519Signer:
    """A Signer that asks nobody: whoever holds it signs."""

    __slots__ = ("_private_key", "_public_key")

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self._public_key = private_key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """A new key from the randomness of the operating system, kept nowhere."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """The key of 32 secret bytes (RFC 8032, 5.1.5): as secret as they are."""
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def public_key(self) -> bytes:
        """See Signer."""
        return self._public_key

    def sign(self, message: bytes) -> bytes:
        """See Signer; it never refuses."""
        return self._private_key.sign(message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({key_id_of(self._public_key)})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key does not travel: open its file where it is needed")
