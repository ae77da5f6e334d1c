"""The hash of an entry of the record as it is stored, at the speed of the standard library's C code.

What `domain.audit` says an entry's hash is, it is here too: the tests hold the two together.
"""

import json
from dataclasses import dataclass
from typing import NoReturn

from jax.domain.canonical_json import Json, NotCanonical, sha256_of, strict_parse
from jax.domain.record_row import RecordRow

_LARGEST_INTEGER = 2**53 - 1
_SPELL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """What a row of `audit.entry` hashes to, whatever hash it names, and its data."""

    sha256: str
    data: Json


def stored_entry(row: RecordRow) -> StoredEntry:
    """The row as it is; InvalidValue for a field of another type, NotCanonical for data spelled otherwise."""
    spelled = row.text("data")
    data = _data(spelled)
    # The keys of the whole document, sorted: actor, at, data, kind, n, previous_sha256, subject.
    before = _SPELL({field: row.text(field) for field in ("actor", "at")})
    after = _SPELL(
        {"n": row.whole("n"), **{field: row.text(field) for field in ("kind", "previous_sha256", "subject")}}
    )
    return StoredEntry(sha256_of(f'{before[:-1]},"data":{spelled},{after[1:]}'.encode()), data)


def _data(spelled: str) -> Json:
    """What canonical JSON says.

    Of ASCII text without floats, the standard library writes the one spelling too; about all else
    `canonical_json` decides.
    """
    if spelled.isascii():
        try:
            data: Json = _READ(spelled)
            if _SPELL(data) == spelled:
                return data
        except (ValueError, RecursionError):
            pass
    return strict_parse(spelled.encode())


def _small(written: str) -> int:
    value = int(written)
    if not (-_LARGEST_INTEGER <= value <= _LARGEST_INTEGER):
        _refuse(written)
    return value


def _refuse(written: str) -> NoReturn:
    raise NotCanonical(f"{written} has no one spelling")


_READ = json.JSONDecoder(parse_int=_small, parse_float=_refuse, parse_constant=_refuse).decode
