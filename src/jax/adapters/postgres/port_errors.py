"""What the database says, in the words of the ports."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from jax.adapters.postgres.database_address import DatabaseAddress
from jax.ports.errors import Conflict, OutcomeUnknown, PortError, Unavailable

# Raised by the triggers, whose messages are sentences already (see migrations/).
_OWN_CLASS = "JX"
_DATA_EXCEPTION, _INTEGRITY = "22", "23"
# Lost connections, deadlocks and serialisation failures, no resources, a server that stops, timeouts.
_NOTHING_WAS_DONE = ("08", "40", "53", "57", "58", "25006", "25P03", "55P03")
_SENTENCES = {
    "artifact_pk": "an artifact with this id is stored already",
    "artifact_name_version_once": "this version of the strategy is stored already",
    "artifact_payload_once": "an artifact with these bytes is stored already",
    "artifact_event_pk": "another step of the artifact came first",
    "artifact_event_legal": "the artifact's table of steps lacks this one",
    "artifact_approval_pk": "this person gave this kind of approval already",
    "artifact_approval_of_payload": "the approval is of other bytes than the artifact's",
    "artifact_approval_not_by_author": "the author of an artifact cannot approve it",
    "signal_of_artifact": "the signal names an artifact that is not stored",
    "orders_pk": "an order with this id is stored already",
    "orders_of_signal": "the order names a signal that is not stored, or another artifact than its signal",
    "trade_pk": "a trade with this id is stored already",
    "trade_signal_once": "the signal has a trade already",
    "trade_order_once": "the order has a trade already",
    "trade_of_order": "the trade does not belong to its order",
    "fill_of_order": "the account has no such order",
}


@contextmanager
def speaking_port_errors(address: DatabaseAddress, *, committing: bool = False) -> Iterator[None]:
    """Raises PortErrors for what the database says; what is left is a bug, and stays as it is."""
    try:
        yield
    except (DBAPIError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        meaning = _meaning(error, address, committing=committing)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception, address: DatabaseAddress, *, committing: bool) -> PortError | None:
    cause = _cause(error)
    if isinstance(cause, PoolTimeout):
        return Unavailable(f"All connections to the {address} are busy; nothing was done: try again.")
    if _is_refusal(cause):
        return Conflict(_sentence(cause))
    if not _is_lost(error, cause):
        return None
    said = str(cause).strip().rstrip(".") or type(cause).__name__
    if committing:
        return OutcomeUnknown(
            f"The commit to the {address} was not answered ({said}); it may have been done: "
            "look at what is stored before anything else."
        )
    return Unavailable(f"The {address} did not answer ({said}); nothing was stored: try again.")


def _cause(error: Exception) -> Exception:
    """The driver's own error, if SQLAlchemy has wrapped it."""
    if not isinstance(error, DBAPIError):
        return error
    wrapped = error.orig
    cause = wrapped.__cause__ if wrapped is not None else None
    return cause if isinstance(cause, Exception) else error


def _is_refusal(cause: Exception) -> bool:
    return isinstance(cause, asyncpg.PostgresError) and cause.sqlstate[:2] in {
        _OWN_CLASS,
        _DATA_EXCEPTION,
        _INTEGRITY,
    }


def _is_lost(error: Exception, cause: Exception) -> bool:
    state: str | None = getattr(cause, "sqlstate", None)
    if state is not None:
        return state.startswith(_NOTHING_WAS_DONE)
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    return gone or isinstance(cause, OSError)


def _sentence(cause: Exception) -> str:
    constraint, detail = getattr(cause, "constraint_name", None), getattr(cause, "detail", None)
    sentence = _SENTENCES.get(constraint or "", str(cause))
    # The detail of a unique or foreign key names the key; that of a check repeats the whole row.
    shown = f" ({detail.rstrip('.')})" if detail and detail.startswith("Key ") else ""
    return f"The database refuses this: {sentence}{shown}."
