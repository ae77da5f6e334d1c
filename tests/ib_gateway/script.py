"""What the scripted gateway does with an order that comes, other than to take it and to say so."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto


class Reaction(Enum):
    """TAKE is what a gateway does; DROP ends the connection in the middle of a place."""

    TAKE = auto()
    REJECT = auto()  # 201
    WRONG_PRICE = auto()  # 110
    NO_CONTRACT = auto()  # 200
    CANCEL = auto()  # 202, after it was taken
    PRESET = auto()  # 10349, and it works
    UNKNOWN_CODE = auto()  # a code of no table, and it works
    REJECT_LATER = auto()  # it works, then 201
    INACTIVE = auto()  # taken and not let out, without a word why
    SAY_NOTHING = auto()  # it works, and nothing is said until somebody asks
    LOSE = auto()  # it never arrives in the book, and nothing is said
    DROP_TAKEN = auto()
    DROP_LOST = auto()


@dataclass
class Script:
    """By order reference, else `otherwise`; `mute` holds the numbers of requests that get no answer.

    `commissions`: whether executions are followed by what they cost. `prices`: 1 for live ones, 2 for frozen
    ones, 3 for delayed ones. `positions_lag`: how many answers about positions still show none.
    `after_answer`: what happens once when a request of that number has come and was answered, if it is.
    """

    reactions: dict[str, Reaction] = field(default_factory=dict)
    otherwise: Reaction = Reaction.TAKE
    mute: set[int] = field(default_factory=set)
    commissions: bool = True
    prices: int = 1
    positions_lag: int = 0
    after_answer: dict[int, Callable[[], None]] = field(default_factory=dict)

    def of(self, order_ref: str) -> Reaction:
        return self.reactions.get(order_ref, self.otherwise)
