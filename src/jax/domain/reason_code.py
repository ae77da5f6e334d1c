"""Why an order never left the house: one taxonomy."""

from enum import StrEnum


class DecisionLayer(StrEnum):
    """Who decides. GATE: what people approved; CONTROL: what people said of the account; ACCOUNT: its means.

    MARKET: prices and hours; ORDER: the order by itself; BROKER: the other side.
    """

    GATE = "GATE"
    CONTROL = "CONTROL"
    ACCOUNT = "ACCOUNT"
    MARKET = "MARKET"
    ORDER = "ORDER"
    BROKER = "BROKER"


_GATE, _CONTROL, _ACCOUNT, _MARKET, _ORDER, _BROKER = DecisionLayer


class ReasonCode(StrEnum):
    """Codes that answers, audit entries and logs share, each with its layer and one sentence."""

    decision_layer: DecisionLayer
    sentence: str

    def __new__(cls, value: str, layer: DecisionLayer, sentence: str) -> "ReasonCode":
        """A word whose value is its name."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.decision_layer = layer
        code.sentence = sentence
        return code

    SIGNAL_NOT_FOUND = "SIGNAL_NOT_FOUND", _GATE, "There is no such signal."
    SIGNAL_NOT_APPROVED = "SIGNAL_NOT_APPROVED", _GATE, "Nobody has approved the signal, or it is used up."
    APPROVER_MISMATCH = "APPROVER_MISMATCH", _GATE, "Somebody else approved the signal."
    ARTIFACT_NOT_LOADED = "ARTIFACT_NOT_LOADED", _GATE, "This trader does not run the signal's artifact."
    ARTIFACT_NOT_LOADABLE = "ARTIFACT_NOT_LOADABLE", _GATE, "The artifact may not trade any more."
    GATE_NOT_READ = "GATE_NOT_READ", _GATE, "The gate could not be asked once more before the order was sent."
    VENUE_NOT_ALLOWED = "VENUE_NOT_ALLOWED", _GATE, "The artifact was not approved for this venue."
    ORDER_TYPE_NOT_ALLOWED = (
        "ORDER_TYPE_NOT_ALLOWED",
        _GATE,
        "The artifact was not approved for orders of this type, or the trader does not send them.",
    )

    EXECUTION_DISABLED = "EXECUTION_DISABLED", _CONTROL, "Execution is off, or waits for an alarm to end."
    FENCED = "FENCED", _CONTROL, "Another trader has taken the account over."
    KILL_SWITCH = "KILL_SWITCH", _CONTROL, "A kill switch is engaged: only cancels are sent."
    MODE_OBSERVE = "MODE_OBSERVE", _CONTROL, "The account or the strategy is observed only."
    MODE_REDUCE = "MODE_REDUCE", _CONTROL, "The account or the strategy may only reduce positions."
    NOT_ARMED = "NOT_ARMED", _CONTROL, "Nobody has armed the artifact for live orders, or it has expired."
    DRY_RUN = "DRY_RUN", _CONTROL, "Every rule is kept, and this trader sends nothing."
    CANCEL_REQUESTED = "CANCEL_REQUESTED", _CONTROL, "The order was canceled before it was sent."
    KILLED = "KILLED", _CONTROL, "The kill switch at the broker's side was engaged when the order arrived."
    SYMBOL_RESTRICTED = "SYMBOL_RESTRICTED", _CONTROL, "The symbol is on the restricted list."

    ACCOUNT_NUMBER_INVALID = (
        "ACCOUNT_NUMBER_INVALID",
        _ACCOUNT,
        "A number that the account is judged by is none: not finite, of the wrong sign or too large.",
    )
    NET_LIQUIDATION_INVALID = (
        "NET_LIQUIDATION_INVALID",
        _ACCOUNT,
        "The broker's word on the means is no number.",
    )
    CURRENCY_MISMATCH = "CURRENCY_MISMATCH", _ACCOUNT, "The instrument's currency is not the account's."
    DAILY_LOSS_LATCHED = "DAILY_LOSS_LATCHED", _ACCOUNT, "The daily loss was reached in this session."
    DAILY_LOSS_REACHED = (
        "DAILY_LOSS_REACHED",
        _ACCOUNT,
        "The session has lost the limit: by realised profit alone, or by equity since its opening.",
    )
    DAILY_RISK_REACHED = (
        "DAILY_RISK_REACHED",
        _ACCOUNT,
        "The entries of the session risk as much as they may together.",
    )
    TOO_MANY_POSITIONS = (
        "TOO_MANY_POSITIONS",
        _ACCOUNT,
        "As many symbols as allowed are held or ordered, unresolved orders included.",
    )
    POSITION_OPPOSED = (
        "POSITION_OPPOSED",
        _ACCOUNT,
        "The other side of the symbol is held or ordered, and has to be left first.",
    )
    ORDER_RATE_REACHED = "ORDER_RATE_REACHED", _ACCOUNT, "The last minute has as many orders as it may."
    ORDER_BURST_REACHED = "ORDER_BURST_REACHED", _ACCOUNT, "Orders follow one another too fast."
    REPEATED_ORDER = "REPEATED_ORDER", _ACCOUNT, "An order of this symbol and side has just been recorded."
    POSITION_VALUE_TOO_SMALL = (
        "POSITION_VALUE_TOO_SMALL",
        _ACCOUNT,
        "The limit of a position's value leaves less than the smallest order.",
    )
    POSITION_SIZE_REACHED = (
        "POSITION_SIZE_REACHED",
        _ACCOUNT,
        "The limit of a position's units leaves less than the smallest order.",
    )
    GROSS_EXPOSURE_REACHED = (
        "GROSS_EXPOSURE_REACHED",
        _ACCOUNT,
        "The limit of what is held and ordered, all added, leaves less than the smallest order.",
    )
    NET_EXPOSURE_REACHED = (
        "NET_EXPOSURE_REACHED",
        _ACCOUNT,
        "The limit of long less short leaves less than the smallest order.",
    )
    CASH_RESERVE_REACHED = (
        "CASH_RESERVE_REACHED",
        _ACCOUNT,
        "The cash above the reserve and the profit set aside is less than the smallest order.",
    )
    CYCLE_NOTIONAL_REACHED = (
        "CYCLE_NOTIONAL_REACHED",
        _ACCOUNT,
        "What one cycle may order leaves less than the smallest order.",
    )
    BUYING_POWER_TOO_SMALL = (
        "BUYING_POWER_TOO_SMALL",
        _ACCOUNT,
        "The buying power that no open order reserves is less than the smallest order.",
    )

    INSTRUMENT_UNKNOWN = "INSTRUMENT_UNKNOWN", _MARKET, "The reference data do not know the symbol."
    SESSION_UNKNOWN = "SESSION_UNKNOWN", _MARKET, "No session of the exchange is known."
    SESSION_CLOSED = "SESSION_CLOSED", _MARKET, "The exchange is closed."
    QUOTE_MISSING = "QUOTE_MISSING", _MARKET, "No price is known to hold the entry against."
    QUOTE_STALE = "QUOTE_STALE", _MARKET, "The newest quote is too old."
    QUOTE_FROM_FUTURE = "QUOTE_FROM_FUTURE", _MARKET, "The newest quote is later than the clock."
    PRICE_COLLAR = "PRICE_COLLAR", _MARKET, "The entry price is too far from the market."
    HOLDING_PRICE_UNKNOWN = "HOLDING_PRICE_UNKNOWN", _MARKET, "Something is held whose price is not known."

    MISSING_SYMBOL = "MISSING_SYMBOL", _ORDER, "The signal names no symbol."
    PRICE_INVALID = "PRICE_INVALID", _ORDER, "A price of the order is none."
    STOP_DISTANCE_ZERO = "STOP_DISTANCE_ZERO", _ORDER, "The stop is at the entry price."
    STOP_WRONG_SIDE = "STOP_WRONG_SIDE", _ORDER, "The stop is on the profit side."
    STOP_TOO_CLOSE = "STOP_TOO_CLOSE", _ORDER, "The stop is closer to the entry price than allowed."
    STOP_TOO_FAR = "STOP_TOO_FAR", _ORDER, "The stop is further from the entry price than allowed."
    ORDER_NOTIONAL_TOO_SMALL = (
        "ORDER_NOTIONAL_TOO_SMALL",
        _ORDER,
        "The limit of one order's notional leaves less than the smallest order.",
    )
    QUANTITY_INVALID = "QUANTITY_INVALID", _ORDER, "The quantity is none."
    IDEMPOTENCY_KEY_REUSED = (
        "IDEMPOTENCY_KEY_REUSED",
        _ORDER,
        "The idempotency key was given to another request before.",
    )
    EXIT_RAISES_POSITION = "EXIT_RAISES_POSITION", _ORDER, "The exit would leave more than is held."

    BROKER_UNAVAILABLE = "BROKER_UNAVAILABLE", _BROKER, "The broker does not answer; nothing was sent."
    DEADLINE_PASSED = "DEADLINE_PASSED", _BROKER, "The order's deadline passed before it could begin to work."
    NOT_AT_BROKER = "NOT_AT_BROKER", _BROKER, "The broker has shown that it does not have the order."
    BROKER_REFUSED = "BROKER_REFUSED", _BROKER, "The broker refused the order."
