"""A request under the key that its caller has given it, so that it may be made again."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from jax.domain import checks
from jax.domain.canonical_json import Json, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied

LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class KeyedRequest:
    """To execute a signal, first asked `asked_at`: `denied` is why it was not, None when the trade of the
    signal is the answer. A key means one request for as long as the record is kept, in one account.
    """

    account: str
    key: str
    signal_id: str
    approved_by: str
    asked_at: datetime
    denied: Denied | None = None

    def __post_init__(self) -> None:
        checks.text("account", self.account, longest=64)
        checks.text("key", self.key, longest=LONGEST_KEY)
        checks.text("signal_id", self.signal_id, longest=64)
        checks.text("approved_by", self.approved_by)
        checks.utc("asked_at", self.asked_at)

    def asks_the_same(self, *, signal_id: str, approved_by: str) -> bool:
        """Whether a request for this signal on this approval is the one that the key stands for."""
        return (self.signal_id, self.approved_by) == (signal_id, approved_by)


def spelled_denial(denied: Denied) -> str:
    """As it is stored: canonical JSON."""
    document: Json = {
        "reason_code": denied.reason_code.value,
        "detail": denied.detail,
        "numbers": {name: str(value) for name, value in denied.numbers.items()},
    }
    return canonical_bytes(document).decode()


def parsed_denial(spelled: str) -> Denied:
    """InvalidValue when it was not spelled by `spelled_denial`."""
    document: Any = strict_parse(spelled.encode())
    try:
        numbers = {name: Decimal(value) for name, value in document["numbers"].items()}
        return Denied(ReasonCode[document["reason_code"]], str(document["detail"]), numbers)
    except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise InvalidValue("denied", f"{spelled[:200]} is no denial") from error
