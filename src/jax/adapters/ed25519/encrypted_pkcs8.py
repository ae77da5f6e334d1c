"""Private keys as encrypted PKCS #8 (RFC 5958) in PEM (RFC 7468), under a passphrase.

The library itself writes PKCS #8 with 2048 rounds of PBKDF2 and no more, which does not protect a stolen
file for long. Here it is PBES2 (RFC 8018) with scrypt (RFC 7914), the strongest derivation that PKCS #8 has a
name for, and AES-256-CBC; the library reads it back as it is.
"""

import base64
import os
import textwrap

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

# 128 MiB and about a third of a second for each guess.
_COST, _BLOCK_SIZE, _PARALLEL = 2**17, 8, 1
_SALT_BYTES = 16
_IV_BYTES = 16
_INTEGER, _OCTETS, _OBJECT, _SEQUENCE = 0x02, 0x04, 0x06, 0x30
# Object identifiers, as they are encoded.
_PBES2 = bytes.fromhex("2a864886f70d01050d")  # 1.2.840.113549.1.5.13
_SCRYPT = bytes.fromhex("2b06010401da47040b")  # 1.3.6.1.4.1.11591.4.11
_AES_256_CBC = bytes.fromhex("60864801650304012a")  # 2.16.840.1.101.3.4.1.42


class NotDecrypted(ValueError):
    """The passphrase does not open it, or it is no encrypted Ed25519 key."""


def encrypted(private_key: Ed25519PrivateKey, passphrase: bytes) -> bytes:
    """The key as PEM, under a fresh salt."""
    salt, iv = os.urandom(_SALT_BYTES), os.urandom(_IV_BYTES)
    scrypt = Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK_SIZE, p=_PARALLEL)
    cipher = Cipher(algorithms.AES256(scrypt.derive(passphrase)), modes.CBC(iv)).encryptor()
    padder = padding.PKCS7(algorithms.AES256.block_size).padder()
    plain = private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    hidden = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    costs = (_integer(_COST), _integer(_BLOCK_SIZE), _integer(_PARALLEL))
    derivation = _sequence(_der(_OBJECT, _SCRYPT), _sequence(_der(_OCTETS, salt), *costs))
    encryption = _sequence(_der(_OBJECT, _AES_256_CBC), _der(_OCTETS, iv))
    algorithm = _sequence(_der(_OBJECT, _PBES2), _sequence(derivation, encryption))
    return _pem(_sequence(algorithm, _der(_OCTETS, hidden)))


def decrypted(pem: bytes, passphrase: bytes) -> Ed25519PrivateKey:
    """The key; NotDecrypted, which tells a wrong passphrase and a damaged file not apart: nor can we."""
    try:
        private_key = load_pem_private_key(pem, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # From None: what the library says of bytes that were decrypted is nobody's business.
        raise NotDecrypted from None
    if not isinstance(private_key, Ed25519PrivateKey):
        raise NotDecrypted
    return private_key


def _der(tag: int, *contents: bytes) -> bytes:
    """A value in the Distinguished Encoding Rules (ITU-T X.690, 8.1.3)."""
    content = b"".join(contents)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _sequence(*values: bytes) -> bytes:
    return _der(_SEQUENCE, *values)


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _pem(document: bytes) -> bytes:
    label = "ENCRYPTED PRIVATE KEY"
    lines = textwrap.wrap(base64.b64encode(document).decode(), 64)
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode()
