"""JSON with one spelling for each value (RFC 8785), for everything that is hashed."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

LARGEST_DOCUMENT_BYTES = 1024 * 1024
_DEEPEST = 32
_LARGEST_INTEGER = 2**53 - 1
# The interpreter's own encoder, twenty times as fast, spells plain values as RFC 8785 does.
_PLAIN = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False)

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


class NotCanonical(ValueError):
    """Bytes that are not the one spelling of what they say."""


def canonical_bytes(value: Json) -> bytes:
    """The RFC 8785 bytes of `value`; floats are refused, since their text is not ours to choose."""
    try:
        if _is_plain(value, depth=0):
            return _PLAIN.encode(value).encode()
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


def _is_plain(value: Json, *, depth: int) -> bool:
    """Whether it is made of the built-in types, with integers that doubles hold and keys in ASCII.

    Other keys are in the order of their UTF-16 code units in RFC 8785 (section 3.2.3), which is not Python's.
    """
    if depth > _DEEPEST:
        raise NotCanonical(f"nested deeper than {_DEEPEST} levels")
    if isinstance(value, float):
        raise NotCanonical(f"{value!r} is a float: write it as a decimal string")
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER
    if isinstance(value, Mapping):
        # Every one is looked at: a float is refused wherever it is.
        plain = [_is_plain(item, depth=depth + 1) for item in value.values()]
        return isinstance(value, dict) and all(plain) and all(map(_is_plain_key, value))
    if isinstance(value, Sequence):
        plain = [_is_plain(item, depth=depth + 1) for item in value]
        return isinstance(value, (list, tuple)) and all(plain)
    return False


def _is_plain_key(key: object) -> bool:
    return isinstance(key, str) and key.isascii()
