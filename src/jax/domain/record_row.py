"""One row of the gate's record as a plain document: what is exported, and verified without the database."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from jax.domain.dsse import from_base64
from jax.domain.errors import InvalidValue

Plain = None | bool | int | str

# The columns of each table. The audit log comes first, so that a reader knows the chain before anything that
# the chain tells of.
COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        table: tuple(columns.split())
        for table, columns in {
            "audit.entry": "n kind subject actor at data previous_sha256 entry_sha256",
            "gate.policy": "document sha256 name version solo",
            "gate.member_key": "public_key key_id person",
            "gate.key_role": "key_id role",
            "gate.key_end": "key_id ended_at",
            "gate.artifact": "artifact_id payload payload_sha256 name version author created_at",
            "gate.artifact_event": "artifact_id n from_state to_state payload_sha256 actor reason at "
            "entry_n entry_sha256",
            "gate.evidence": "artifact_id envelope payload_sha256 predicate_type signer key_id issued_at",
            "gate.approval": "artifact_id author solo renewal envelope payload_sha256 kind decision approver "
            "policy_sha256 displayed_sha256 reason key_id issued_at expires_at",
            "gate.snapshot": "envelope seq log_n log_sha256 active revoked policy_sha256 signer key_id "
            "issued_at expires_at",
            "gate.revocation": "revocation_id payload_sha256 revoker reason revoked_at envelope",
            "trading.trade": "trade_id signal_id client_order_id artifact_id artifact_hash policy_sha256 "
            "strategy symbol side quantity entry_price stop_loss take_profit risk_amount risk_fraction "
            "position_value approved_by submitted_at order_signal_id order_artifact_id order_artifact_hash",
        }.items()
    }
)
# What every reader of JSON takes for the same number (RFC 8785, 3.2.2.3).
_LARGEST_INTEGER = 2**53 - 1
_SPELL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class RecordRow:
    """`row` holds the columns of one row of `table` by name.

    Bytes are base64, times ISO 8601 in UTC, decimals text. Whether the values are right is not said: each
    reading method raises InvalidValue, which names the column, for one of another type or a missing one.
    """

    table: str
    row: Mapping[str, Plain]

    def encoded(self) -> bytes:
        """Canonical JSON (RFC 8785); the names of columns are ASCII, which everybody sorts alike."""
        return _SPELL({"row": dict(self.row), "table": self.table}).encode()

    def text(self, field: str) -> str:
        """Text, whatever it says."""
        value = self._value(field)
        if not isinstance(value, str):
            raise InvalidValue(field, f"is {value!r}, not a text")
        return value

    def whole(self, field: str) -> int:
        """An integer."""
        value = self._value(field)
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidValue(field, f"is {value!r}, not an integer")
        return value

    def moment(self, field: str) -> datetime:
        """A time in UTC."""
        return moment_of(field, written=self.text(field))

    def content(self, field: str) -> bytes:
        """Bytes."""
        return from_base64(field, self.text(field))

    def is_null(self, field: str) -> bool:
        """Whether the column holds nothing."""
        return self._value(field) is None

    def _value(self, field: str) -> Plain:
        try:
            return self.row[field]
        except KeyError as error:
            raise InvalidValue(field, "is missing") from error


def plain(value: object) -> Plain:
    """What a column holds, as a document can say it; an integer too large for JSON becomes its text."""
    if isinstance(value, int) and not (-_LARGEST_INTEGER <= value <= _LARGEST_INTEGER):
        return str(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"no column holds a {type(value).__name__}")


def moment_of(field: str, *, written: str) -> datetime:
    """The time in UTC that ISO 8601 text says; InvalidValue."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise InvalidValue(field, f"{written!r} is not a time of ISO 8601") from error
    if moment.utcoffset() != timedelta(0):
        raise InvalidValue(field, f"{written!r} is not a time in UTC")
    return moment
