"""What was seen of the gate, in a file of this machine."""

from pathlib import Path

from jax.adapters.gate_files.guarded_file import NotGuarded, locked, read_guarded, replace
from jax.domain import payload_fields
from jax.domain.canonical_json import (
    LARGEST_DOCUMENT_BYTES,
    Json,
    NotCanonical,
    canonical_bytes,
    strict_parse,
)
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, Unavailable
from jax.ports.snapshot_memory import RememberedSnapshot

SCHEMA = "jax/snapshot-memory/v1"
_KEYS = frozenset({"schema", "seq", "snapshot_sha256", "revoked"})


class SnapshotMemoryFile:
    """A SnapshotMemory of all processes that use the file; its mode is 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def remembered(self) -> RememberedSnapshot:
        """See SnapshotMemory; a missing file is the first time."""
        try:
            return _parsed(read_guarded(self._path))
        except FileNotFoundError:
            return RememberedSnapshot()
        except OSError as error:
            raise Unavailable(
                f"What was seen of the gate cannot be read ({self._path}: {error.strerror or error}): "
                "let this user read the file and its folder"
            ) from error
        except NotGuarded:
            raise
        except InvalidValue as error:
            raise InvalidValue(
                str(self._path),
                f"is a damaged memory of the gate ({error}): restore it from a backup; or check the gate "
                "(`artifact-approver verify`) and remove the file: the next snapshot is then the first",
            ) from error

    def remember(self, seen: RememberedSnapshot) -> None:
        """See SnapshotMemory."""
        try:
            with locked(self._path):
                before = self.remembered()
                after = before.grown_by(seen)
                if after != before:
                    replace(self._path, _encoded(after), mode=0o600)
        except InvalidValue as error:
            raise Conflict(str(error)) from error
        except OSError as error:
            raise Unavailable(
                f"What was seen of the gate cannot be kept ({self._path}: {error.strerror or error}): "
                "make its folder one that this user can write, with free space"
            ) from error
        if before.contradicts(seen):
            raise Conflict(
                f"{self._path} remembers snapshot {before.seq}, and this one, {seen.seq}, does not follow "
                "it: somebody has taken the database back, or another trader was faster"
            )


def _encoded(memory: RememberedSnapshot) -> bytes:
    document = canonical_bytes(
        {
            "schema": SCHEMA,
            "seq": memory.seq,
            "snapshot_sha256": memory.snapshot_sha256,
            "revoked": sorted(memory.revoked),
        }
    )
    if len(document) > LARGEST_DOCUMENT_BYTES:  # it could not be read again
        raise Unavailable(f"{len(memory.revoked)} revocations are more than a memory holds")
    return document


def _parsed(document: bytes) -> RememberedSnapshot:
    try:
        top = payload_fields.section("memory", strict_parse(document), keys=_KEYS)
    except NotCanonical as error:
        raise InvalidValue("memory", str(error)) from error
    if top["schema"] != SCHEMA:
        raise InvalidValue("schema", f"is {top['schema']!r}, this version reads {SCHEMA!r}")
    snapshot_sha256 = top["snapshot_sha256"]
    return RememberedSnapshot(
        seq=payload_fields.whole("seq", top["seq"]),
        snapshot_sha256=(
            None if snapshot_sha256 is None else payload_fields.sha256("snapshot_sha256", snapshot_sha256)
        ),
        revoked=_revoked(top["revoked"]),
    )


def _revoked(value: Json) -> frozenset[str]:
    hashes = [payload_fields.sha256("revoked", item) for item in payload_fields.items("revoked", value)]
    if hashes != sorted(set(hashes)):
        raise InvalidValue("revoked", "must be sorted, each once")
    return frozenset(hashes)
