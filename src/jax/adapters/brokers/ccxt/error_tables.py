"""What a venue's errors mean, in one closed table for each venue; whatever is in none means nothing.

Sources: the error pages of the two venues' public API documentation (Binance.US "Error Codes", BtcTurk
"Submit Order: Expected Errors"), read in 2026. An entry is made only for what the venue documents as found
before an order is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jax.adapters.brokers.ccxt.wire_answer import WireAnswer
from jax.ports.errors import OutcomeUnknown, PortError, Refused, Unavailable

_TOO_MANY_REQUESTS = 429
_BANNED = 418


@dataclass(frozen=True, slots=True)
class NeverAccepted:
    """An answer after which the order is not at the venue and never will be.

    `status` is that of HTTP, `code` the venue's own (empty: any), `message` what its message begins with;
    `meaning` is the code of our Refused.
    """

    status: int
    code: str
    message: str
    meaning: str

    def is_said_by(self, answer: WireAnswer) -> bool:
        """Whether `answer` is this one."""
        return (
            answer.status == self.status
            and self.code in {"", answer.code}
            and answer.message.startswith(self.message)
        )


@dataclass(frozen=True, slots=True)
class ErrorTable:
    """`rate_limited` are the HTTP statuses that a venue gives before it looks at a request.

    `no_such_order` are codes that say so of the order that was asked about, `not_open` those that say so of
    the order that was to be canceled.
    """

    never_accepted: tuple[NeverAccepted, ...] = ()
    rate_limited: frozenset[int] = frozenset()
    no_such_order: frozenset[str] = frozenset()
    not_open: frozenset[str] = frozenset()

    def meaning_of(self, answer: WireAnswer) -> str | None:
        """The code of our Refused when the order was never accepted; None when that is not known."""
        return next((row.meaning for row in self.never_accepted if row.is_said_by(answer)), None)


_BINANCE_US = ErrorTable(
    never_accepted=(
        NeverAccepted(400, "-1013", "Filter failure: LOT_SIZE", "LOT_SIZE"),
        NeverAccepted(400, "-1013", "Filter failure: MARKET_LOT_SIZE", "LOT_SIZE"),
        NeverAccepted(400, "-1013", "Filter failure: MIN_NOTIONAL", "MIN_NOTIONAL"),
        NeverAccepted(400, "-1013", "Filter failure: NOTIONAL", "MIN_NOTIONAL"),
        NeverAccepted(400, "-1013", "Filter failure: PRICE_FILTER", "PRICE_INCREMENT"),
        NeverAccepted(400, "-1013", "Filter failure: PERCENT_PRICE", "PRICE_COLLAR"),
        NeverAccepted(400, "-1013", "Filter failure: MAX_NUM_", "TOO_MANY_ORDERS"),
        NeverAccepted(400, "-1013", "Filter failure: ", "FILTER_FAILURE"),
        NeverAccepted(400, "-1021", "Timestamp for this request is outside", "DEADLINE_PASSED"),
        NeverAccepted(400, "-1021", "Timestamp for this request was", "CLOCK_AHEAD"),
        NeverAccepted(400, "-1022", "", "BAD_SIGNATURE"),
        NeverAccepted(400, "-1100", "", "BAD_REQUEST"),
        NeverAccepted(400, "-1102", "", "BAD_REQUEST"),
        NeverAccepted(400, "-1106", "", "BAD_REQUEST"),
        NeverAccepted(400, "-1111", "", "LOT_SIZE"),
        NeverAccepted(400, "-1115", "", "BAD_REQUEST"),
        NeverAccepted(400, "-1116", "", "ORDER_TYPE"),
        NeverAccepted(400, "-1117", "", "BAD_REQUEST"),
        NeverAccepted(400, "-1121", "", "UNKNOWN_SYMBOL"),
        # -2010 is also what a duplicate of an order that is there gets: each sentence is named.
        NeverAccepted(400, "-2010", "Account has insufficient balance", "INSUFFICIENT_FUNDS"),
        NeverAccepted(400, "-2010", "Market is closed", "MARKET_CLOSED"),
        NeverAccepted(400, "-2010", "Stop price would trigger immediately", "STOP_REACHED"),
        NeverAccepted(400, "-2010", "This action is disabled on this account", "NOT_AUTHORIZED"),
        NeverAccepted(400, "-2010", "This symbol is not permitted", "NOT_AUTHORIZED"),
        NeverAccepted(400, "-2014", "", "NOT_AUTHORIZED"),
        NeverAccepted(401, "-2014", "", "NOT_AUTHORIZED"),
        NeverAccepted(400, "-2015", "", "NOT_AUTHORIZED"),
        NeverAccepted(401, "-2015", "", "NOT_AUTHORIZED"),
    ),
    rate_limited=frozenset({_TOO_MANY_REQUESTS, _BANNED}),
    no_such_order=frozenset({"-2013"}),
    not_open=frozenset({"-2011"}),
)
_BTCTURK = ErrorTable(
    never_accepted=(
        NeverAccepted(400, "", "BALANCE_NOT_ENOUGH", "INSUFFICIENT_FUNDS"),
        NeverAccepted(400, "", "FAILED_ORDER_WITH_OPEN_ORDERS", "INSUFFICIENT_FUNDS"),
        NeverAccepted(400, "", "MIN_TOTAL", "MIN_NOTIONAL"),
        NeverAccepted(400, "", "FAILED_MIN_TOTAL_AMOUNT", "MIN_NOTIONAL"),
        NeverAccepted(400, "", "PARAMETERS_ERROR", "BAD_REQUEST"),
        NeverAccepted(400, "", "STOP_PRICE_GREATER_THAN_MARKET", "STOP_REACHED"),
        NeverAccepted(400, "", "STOP_PRICE_LESS_THAN_MARKET", "STOP_REACHED"),
        # RFC 9110 15.5.2: such a request has not been applied.
        NeverAccepted(401, "", "", "NOT_AUTHORIZED"),
    ),
    rate_limited=frozenset({_TOO_MANY_REQUESTS}),
)
ERROR_TABLES: Mapping[str, ErrorTable] = MappingProxyType({"binanceus": _BINANCE_US, "btcturk": _BTCTURK})
# Of a venue without a table nothing is taken for a refusal: what became of the order is always asked.
NO_TABLE = ErrorTable()


def error_of_sending(table: ErrorTable, answer: WireAnswer, *, what: str) -> PortError:
    """What an order's sending, `what`, ended in; OutcomeUnknown unless the table says otherwise."""
    if answer.could_not_connect:
        return Unavailable(f"{what}: the venue could not be reached")
    if answer.status in table.rate_limited:
        return Unavailable(f"{what}: the venue takes no more requests now ({answer.told})")
    meaning = table.meaning_of(answer)
    if meaning is not None:
        return Refused(f"{what}: the venue refuses it ({answer.told})", code=meaning)
    return OutcomeUnknown(f"{what}: what became of it is not known ({answer.told})")
