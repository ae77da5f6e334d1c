"""The hash of an entry of the record as it is stored, at the speed of the standard library's C code.

What `domain.audit` says an entry's hash is, it is here too: the tests hold the two together.
"""

import json
from typing import NoReturn

from jax.domain.canonical_json import NotCanonical, sha256_of, strict_parse
from jax.domain.record_row import RecordRow

_LARGEST_INTEGER = 2**53 - 1
_SPELL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def stored_sha256(row: RecordRow) -> str:
    """The hash of what a row of `audit.entry` says, whatever hash it names; InvalidValue, NotCanonical."""
    data = row.text("data")
    _check_canonical(data)
    # The keys of the whole document, sorted: actor, at, data, kind, n, previous_sha256, subject.
    before = _SPELL({field: row.text(field) for field in ("actor", "at")})
    after = _SPELL(
        {"n": row.whole("n"), **{field: row.text(field) for field in ("kind", "previous_sha256", "subject")}}
    )
    return sha256_of(f'{before[:-1]},"data":{data},{after[1:]}'.encode())


def _check_canonical(data: str) -> None:
    """NotCanonical unless it is the one spelling of what it says.

    Of ASCII text without floats, the standard library writes that spelling too; about all else
    `canonical_json` decides.
    """
    if not (data.isascii() and _spelled_again(data) == data):
        strict_parse(data.encode())


def _spelled_again(data: str) -> str | None:
    try:
        return _SPELL(json.loads(data, parse_int=_small, parse_float=_refuse, parse_constant=_refuse))
    except (ValueError, RecursionError):
        return None


def _small(written: str) -> int:
    value = int(written)
    if not (-_LARGEST_INTEGER <= value <= _LARGEST_INTEGER):
        _refuse(written)
    return value


def _refuse(written: str) -> NoReturn:
    raise NotCanonical(f"{written} has no one spelling")
