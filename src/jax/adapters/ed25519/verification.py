"""Whether a signature is one."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# The points of order 1, 2, 4 and 8, in every encoding, without the sign bit. Under such a key one signature
# is good for many messages, so that it would not say what its owner has signed.
_SMALL_ORDER = frozenset(
    bytes.fromhex(y)
    for y in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message; False, and no error, for what is no key or no signature."""
    try:
        if public_key[:-1] + bytes([public_key[-1] & 0x7F]) in _SMALL_ORDER:
            return False
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError, LookupError):
        return False
    return True
