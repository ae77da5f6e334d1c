"""The life of an order, in one table; the words are those of FIX 4.4 tag 39 where it has them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class OrderStatus(StrEnum):
    """Where an order stands.

    PENDING_NEW: recorded and perhaps sent, no answer yet. UNKNOWN: it may or may not be at the broker;
    left only by evidence. ABSENT: proven not at the broker. ADOPTED: found at the broker without a row, or
    after its row was closed. DENIED: never left the house. INTENT: recorded for a later send.
    """

    INTENT = "INTENT"
    PENDING_NEW = "PENDING_NEW"
    UNKNOWN = "UNKNOWN"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    ABSENT = "ABSENT"
    ADOPTED = "ADOPTED"
    DENIED = "DENIED"


_S = OrderStatus
_FOUND = frozenset({_S.NEW, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.EXPIRED})
_WORKING = frozenset({_S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.EXPIRED})

# A fill after a cancel is a row here, not an incident: closed orders reopen by way of ADOPTED.
ORDER_TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = MappingProxyType(
    {
        _S.INTENT: frozenset({_S.PENDING_NEW, _S.DENIED}),
        _S.PENDING_NEW: _FOUND | {_S.REJECTED, _S.ABSENT, _S.UNKNOWN},
        _S.UNKNOWN: _FOUND | {_S.REJECTED, _S.ABSENT},
        _S.NEW: _WORKING,
        _S.PARTIALLY_FILLED: _WORKING,
        _S.FILLED: frozenset({_S.PARTIALLY_FILLED, _S.FILLED}),
        _S.CANCELED: frozenset({_S.ADOPTED}),
        _S.EXPIRED: frozenset({_S.ADOPTED}),
        _S.REJECTED: frozenset({_S.ADOPTED}),
        _S.ABSENT: frozenset({_S.ADOPTED}),
        _S.ADOPTED: _FOUND,
        _S.DENIED: frozenset(),
    }
)

FIRST_STATUSES = frozenset({_S.INTENT, _S.PENDING_NEW, _S.DENIED, _S.ADOPTED})
UNRESOLVED = frozenset({_S.PENDING_NEW, _S.UNKNOWN})
COMMITTED = frozenset({_S.NEW, _S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELED, _S.EXPIRED, _S.ADOPTED})
FAILED = frozenset({_S.DENIED, _S.REJECTED, _S.ABSENT})
# Orders that still hold back part of the account's risk.
OPEN = UNRESOLVED | {_S.INTENT, _S.NEW, _S.PARTIALLY_FILLED, _S.ADOPTED}
