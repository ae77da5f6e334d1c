"""What the database says, in the words of the ports."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError

from jax.adapters.postgres.connecting import DRIVER_ERRORS
from jax.adapters.postgres.database_address import DatabaseAddress
from jax.ports.errors import Conflict, OutcomeUnknown, PortError, Unavailable

# Raised by the triggers, whose messages are sentences already (see migrations/).
_OWN_CLASS = "JX"
_DATA_EXCEPTION, _INTEGRITY = "22", "23"
# Lost connections, deadlocks and serialisation failures, no resources, a server that stops, timeouts.
_NOTHING_WAS_DONE = ("08", "40", "53", "57", "58", "25006", "25P03", "55P03")
_NOT_ALLOWED = "42501"
_SENTENCES = {
    "artifact_pk": "an artifact with this id is stored already",
    "artifact_name_version_once": "this version of the strategy is stored already",
    "artifact_payload_once": "an artifact with these bytes is stored already",
    "artifact_event_pk": "another step of the artifact came first",
    "artifact_event_legal": "the artifact's table of steps lacks this one",
    "artifact_event_in_chain": "the step names an entry that the audit log does not hold",
    "artifact_event_entry_once": "another step names this entry of the audit log already",
    "policy_pk": "this policy is stored already",
    "policy_version_once": "a policy with this version is stored already: give the new one the next number",
    "member_key_pk": "this key is stored already, and keeps its owner",
    "key_role_pk": "the key has this role already",
    "key_role_of_key": "the key is not stored",
    "key_end_pk": "the key was ended already, for good",
    "key_end_of_key": "the key is not stored",
    "evidence_pk": "this evidence is stored already",
    "evidence_of_payload": "the evidence is of other bytes than the artifact's",
    "evidence_by_person": "the key that signed the evidence is not stored as this person's",
    "evidence_by_validator": "the key that signed the evidence has no VALIDATOR role",
    "approval_pk": "this person has decided on the artifact already, and one person counts once",
    "approval_envelope_once": "this signed decision is stored already",
    "approval_of_payload": "the approval is of other bytes than the artifact's",
    "approval_of_policy": "the approval names a policy that is not stored, or hides that it is a solo policy",
    "approval_by_person": "the key that signed the approval is not stored as this person's",
    "approval_by_role": "the key that signed the approval has no role of this kind",
    "approval_not_by_author": "the author of an artifact cannot approve it",
    "approval_interval": "the approval ends before it begins",
    "snapshot_pk": "a snapshot with this number came first: draft and sign it again",
    "snapshot_follows": "the number of the snapshot does not follow that of the newest one",
    "snapshot_of_log": "the snapshot names an entry that the audit log does not hold",
    "snapshot_subject": "the subject of the snapshot is not the entry of the audit log that it names",
    "snapshot_of_policy": "the snapshot names a policy that is not stored",
    "snapshot_by_person": "the key that signed the snapshot is not stored as this person's",
    "snapshot_by_releaser": "the key that signed the snapshot has no RELEASE role",
    "snapshot_interval": "the snapshot ends before it begins",
    "revocation_pk": "a revocation with this id is stored already",
    "revocation_payload_sha256_form": "a revocation names the artifact by its hash, sha256: and 64 digits",
    "revocation_as_signed": "the revocation does not say what was signed",
    "signal_of_artifact": "the signal names an artifact that is not stored",
    "orders_pk": "an order with this id is stored already",
    "orders_of_signal": "the order names a signal that is not stored, or another artifact than its signal",
    "trade_pk": "a trade with this id is stored already",
    "trade_signal_once": "the signal has a trade already",
    "trade_order_once": "the order has a trade already",
    "trade_of_order": "the trade does not belong to its order",
    "trade_under_policy": "the trade names a policy that is not stored",
    "request_pk": "this request for advice is stored already",
    "run_pk": "this request for advice has a run already",
    "run_of_request": "the run answers a request for advice that is not stored",
    "fill_of_order": "the account has no such order",
}


@contextmanager
def speaking_port_errors(address: DatabaseAddress, *, committing: bool = False) -> Iterator[None]:
    """Raises PortErrors for what the database says; what is left is a bug, and stays as it is."""
    try:
        yield
    except (DBAPIError, *DRIVER_ERRORS) as error:
        meaning = _meaning(error, address, committing=committing)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: Exception, address: DatabaseAddress, *, committing: bool) -> PortError | None:
    cause = _cause(error)
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
    """The driver's own error, if SQLAlchemy has wrapped it, as it does for Alembic."""
    if not isinstance(error, DBAPIError):
        return error
    wrapped = error.orig
    cause = wrapped.__cause__ if wrapped is not None else None
    return cause if isinstance(cause, Exception) else error


def _is_refusal(cause: Exception) -> bool:
    return isinstance(cause, asyncpg.PostgresError) and (
        cause.sqlstate[:2] in {_OWN_CLASS, _DATA_EXCEPTION, _INTEGRITY} or cause.sqlstate == _NOT_ALLOWED
    )


def _is_lost(error: Exception, cause: Exception) -> bool:
    state: str | None = getattr(cause, "sqlstate", None)
    if state is not None:
        return state.startswith(_NOTHING_WAS_DONE)
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    # What the driver says of a connection that ends or has ended has no code of its own.
    ended = isinstance(cause, asyncpg.InternalClientError) or (
        isinstance(cause, asyncpg.InterfaceError) and "closed" in str(cause)
    )
    return gone or ended or isinstance(cause, OSError)


def _sentence(cause: Exception) -> str:
    constraint, detail = getattr(cause, "constraint_name", None), getattr(cause, "detail", None)
    sentence = _SENTENCES.get(constraint or "", str(cause))
    if getattr(cause, "sqlstate", None) == _NOT_ALLOWED:
        sentence += ", which takes a role that this login was not granted"
    # The detail of a unique or foreign key names the key; that of a check repeats the whole row.
    shown = f" ({detail.rstrip('.')})" if detail and detail.startswith("Key ") else ""
    return f"The database refuses this: {sentence}{shown}."
