"""The gateway's error codes, each with what it means for an order and for the way to the venue.

Source: Interactive Brokers, TWS API, "Message Codes". The tables are closed: a code that is in none of them
answers nothing, and the order is asked about.
"""

from collections.abc import Mapping
from types import MappingProxyType

# The gateway or the venue has refused this new order; it never worked and never will.
DEFINITIVE_REJECTS: Mapping[int, str] = MappingProxyType(
    {
        110: "the price does not conform to the price increment",
        111: "time in force and order type do not go together",
        200: "no such contract, or more than one",
        201: "the order was rejected",
        203: "the security is not available or not allowed for this account",
        387: "the order type is not supported for this exchange and security",
        388: "the quantity is below the smallest that is allowed",
        391: "the time in force is invalid",
        461: "the quantity is not a multiple of the smallest step",
    }
)
# About a cancel: the gateway has no such order, or it is beyond canceling. The order is asked about.
CANCEL_REFUSED = frozenset({135, 136, 161, 10147, 10148})
# The order was canceled, by us or by others; that it filled in part before is said by its executions.
ORDER_CANCELED = 202
# Notices: the order works on. 10349 says that a preset has changed the time in force to what was asked for.
NOTICES = frozenset({399, 404, 2109, 10349})

# The gateway has lost Interactive Brokers: what it shows is old, and what it is told stays with it.
SERVERS_LOST = frozenset({1100, 2110})
# It has them again: 1101 with data lost, 1102 with data kept. Both are asked about everything again.
SERVERS_BACK = frozenset({1101, 1102})
# The state of its data farms, said at every start: nothing that anybody must know.
FARM_NOTICES = frozenset({2103, 2104, 2105, 2106, 2107, 2108, 2119, 2157, 2158})


def reason_of(code: int) -> str:
    """The reason code of an order that the gateway refused with `code`."""
    return f"IB_{code}"
