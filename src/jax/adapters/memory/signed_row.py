"""What people signed, as it is stored: the envelope beside what it says, unverified."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from jax.domain.dsse import decode_envelope
from jax.domain.statement import Statement, parse_statement

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class SignedRow(Generic[T_co]):
    """`key_id` is the key that the envelope names; `said` is what `statement` means."""

    envelope: bytes
    key_id: str
    statement: Statement
    said: T_co


def signed_row(envelope: bytes, read: Callable[[Statement], T_co]) -> SignedRow[T_co]:
    """The row of `envelope`; InvalidValue when it does not spell what `read` reads."""
    found = decode_envelope(envelope)
    statement = parse_statement(found.payload)
    return SignedRow(envelope, found.key_id, statement, read(statement))
