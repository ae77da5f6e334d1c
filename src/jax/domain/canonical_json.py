"""JSON with one spelling for each value (RFC 8785), for everything that is hashed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

LARGEST_DOCUMENT_BYTES = 1024 * 1024
_DEEPEST = 32

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


class NotCanonical(ValueError):
    """Bytes that are not the one spelling of what they say."""


def canonical_bytes(value: Json) -> bytes:
    """The RFC 8785 bytes of `value`; floats are refused, since their text is not ours to choose."""
    try:
        _refuse_floats(value, depth=0)
        return rfc8785.dumps(value)
    except NotCanonical:
        raise
    except ValueError as error:  # CanonicalizationError, and UnicodeEncodeError for a lone surrogate
        raise NotCanonical(f"not representable as canonical JSON: {error}") from error


def strict_parse(document: bytes) -> Json:
    """The value that `document` spells, if it is the canonical spelling; NotCanonical otherwise."""
    if len(document) > LARGEST_DOCUMENT_BYTES:
        raise NotCanonical(f"{len(document)} bytes are more than the {LARGEST_DOCUMENT_BYTES} allowed")
    try:
        value: Json = json.loads(
            document.decode("utf-8"),
            object_pairs_hook=_without_duplicates,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError) as error:
        raise NotCanonical(f"not JSON: {error}") from error
    if canonical_bytes(value) != document:
        raise NotCanonical("the bytes are not the canonical spelling (RFC 8785) of what they say")
    return value


def sha256_of(document: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(document).hexdigest()


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("an object names one key twice")
    return found


def _refuse_number(text: str) -> Json:
    raise NotCanonical(f"{text} is not an integer: write prices, sizes and ratios as decimal strings")


def _refuse_floats(value: Json, *, depth: int) -> None:
    if depth > _DEEPEST:
        raise NotCanonical(f"nested deeper than {_DEEPEST} levels")
    if isinstance(value, float):
        raise NotCanonical(f"{value!r} is a float: write it as a decimal string")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item, depth=depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            _refuse_floats(item, depth=depth + 1)
