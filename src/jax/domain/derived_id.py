"""Identifiers that follow from what they identify, so that a repeat finds the first."""

import base64
import hashlib
from datetime import datetime


def derived_id(prefix: str, *parts: str) -> str:
    """`prefix` and 32 characters: the first 20 bytes of SHA-256 over the parts, in base32 (lower case).

    Each part is preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return prefix + base64.b32encode(digest.digest()[:20]).decode().lower()


def signal_id(*, strategy: str, artifact_hash: str, symbol: str, bar_end: datetime) -> str:
    """The one signal of an artifact on one bar: a restart that sees the bar again creates none twice."""
    return derived_id("sg", strategy, artifact_hash, symbol, bar_end.isoformat())


def client_order_id(*, account: str, strategy: str, signal_id: str, leg: int = 0, revision: int = 0) -> str:
    """The order's identity on the wire: the same signal always gives the same id."""
    return derived_id("jx", account, strategy, signal_id, str(leg), str(revision))


def trade_id(*, client_order_id: str) -> str:
    """The identity of the recorded execution that belongs to an entry order."""
    return derived_id("tr", client_order_id)
