"""One spelling for each value, and only that spelling is read."""

import json
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.canonical_json import (
    LARGEST_DOCUMENT_BYTES,
    Json,
    NotCanonical,
    canonical_bytes,
    sha256_of,
    strict_parse,
)
from tests.unit.domain.json_values import LARGEST_INTEGER, texts, values


@given(values)
def test_what_is_written_is_read_back(value: Json) -> None:
    assert strict_parse(canonical_bytes(value)) == value


@given(values)
def test_the_bytes_are_json_to_every_other_reader(value: Json) -> None:
    assert json.loads(canonical_bytes(value)) == value


@given(values)
def test_the_bytes_are_those_of_the_reference(value: Json) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@given(st.dictionaries(texts, st.integers(min_value=0, max_value=9), max_size=6), st.randoms())
def test_the_order_in_which_keys_were_added_does_not_matter(value: dict[str, int], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical_bytes({key: value[key] for key in keys}) == canonical_bytes(value)


@given(value=values, edit=st.data())
def test_no_other_bytes_say_the_same(value: Json, edit: st.DataObject) -> None:
    document = canonical_bytes(value)
    at = edit.draw(st.integers(min_value=0, max_value=len(document) - 1))
    byte = edit.draw(st.integers(min_value=0, max_value=255).filter(lambda byte: byte != document[at]))
    changed = document[:at] + bytes([byte]) + document[at + 1 :]
    try:
        found = strict_parse(changed)
    except NotCanonical:
        return
    assert canonical_bytes(found) == changed


# The order of RFC 8785, section 3.2.3: by UTF-16 code units, in which an emoji comes before U+FB33.
_SORTED_KEYS = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_keys_are_sorted_by_their_utf16_code_units() -> None:
    document = canonical_bytes(dict.fromkeys(reversed(_SORTED_KEYS), 0))
    assert list(json.loads(document)) == _SORTED_KEYS


def test_strings_are_escaped_where_they_must_be_and_nowhere_else() -> None:
    # The string of RFC 8785, section 3.2.2.2, and the rest of the control characters.
    written = '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'
    assert canonical_bytes('\u20ac$\u000f\u000aA\'\u0042"\\\\"/') == written.encode()
    short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    for code in range(0x20):
        escape = short.get(chr(code), "\\u" + format(code, "04x"))
        assert canonical_bytes(chr(code)).decode() == f'"{escape}"'
    assert canonical_bytes("\x7f\u2028\u2029</").decode() == '"\x7f\u2028\u2029</"'


def test_literals_and_integers_have_their_plain_spelling() -> None:
    value: Json = {"literals": [None, True, False], "integers": [0, -1, LARGEST_INTEGER, -LARGEST_INTEGER]}
    assert canonical_bytes(value) == (
        b'{"integers":[0,-1,9007199254740991,-9007199254740991],"literals":[null,true,false]}'
    )


def test_tuples_and_string_enumerations_are_lists_and_strings() -> None:
    class Colour(StrEnum):
        RED = "RED"

    assert canonical_bytes({"a": (1, Colour.RED)}) == b'{"a":[1,"RED"]}'


@pytest.mark.parametrize(
    "value",
    [
        *(1.0, 0.5, float("nan"), float("inf"), -0.0),
        *([1.0], {"a": 1.0}, {"a": [{"b": 0.1}]}, (1.0,)),
        *(LARGEST_INTEGER + 1, -LARGEST_INTEGER - 1, 10**5000),
        *("\ud800", "a\udfffb", {"\ud800": 1}, {"a": "\udc00"}, ["\ud800"]),
        *(b"bytes", {1: "a"}, {None: 1}, {"a": {1, 2}}, object()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_refuses_to_write_what_has_no_one_spelling(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def _nested(depth: int) -> Json:
    value: Json = 0
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def test_nests_32_levels_deep_and_no_deeper() -> None:
    assert strict_parse(canonical_bytes(_nested(32))) == _nested(32)
    with pytest.raises(NotCanonical, match="nested deeper than 32 levels"):
        canonical_bytes(_nested(33))


@pytest.mark.parametrize("depth", [34, 500, 100_000])
def test_refuses_to_read_what_is_nested_too_deep(depth: int) -> None:
    with pytest.raises(NotCanonical):
        strict_parse(b"[" * depth + b"]" * depth)


def test_reads_a_document_of_one_mebibyte_and_none_longer() -> None:
    longest = b'"' + b"x" * (LARGEST_DOCUMENT_BYTES - 2) + b'"'
    assert len(longest) == 1024 * 1024
    assert strict_parse(longest) == "x" * (LARGEST_DOCUMENT_BYTES - 2)
    with pytest.raises(NotCanonical, match="1048577 bytes are more than the 1048576 allowed"):
        strict_parse(longest[:-1] + b'x"')


@pytest.mark.parametrize(
    "document",
    [
        # One value, another spelling.
        *(b"1.0", b"1e0", b"-0", b"01", b"+1", b"1E400", b"1e400", b"-1e400", b"0.1"),
        *(b"1 ", b" 1", b"1\n", b"[1, 2]", b'{"a" :1}', b'{"b":1,"a":2}'),
        *(rb'"\u0061"', rb'"\/"', rb'"\u000a"', rb'"\u20ac"', rb'"\u001F"', b'"\\u007f"'),
        # No value at all, or two.
        *(b"", b"NaN", b"Infinity", b"-Infinity", b"[NaN]", b"nul", b"TRUE", b"'a'", b"[1,]", b"1 2"),
        *(b'{"a":1,"a":2}', b'{"a":1,"a":1}', rb'{"a":1,"\u0061":1}', b'[{"x":{"a":1,"a":1}}]', b"{1:2}"),
        *(b"\xef\xbb\xbf1", b"\xff\xfe1\x00", b'"\xff"', b'"\xc0\xaf"', b'"\xed\xa0\x80"'),
        *(b'"\x00"', b'"\n"'),
        *(rb'"\ud800"', rb'"\udc00"', rb'{"\ud800":1}', rb'"\ud83d\ude00"'),
        *(b"9007199254740992", b"-9007199254740992", b"1" + b"0" * 5000, b"// a\n1"),
    ],
    ids=lambda document: ascii(document)[2:26],
)
def test_refuses_to_read_any_other_spelling(document: bytes) -> None:
    with pytest.raises(NotCanonical):
        strict_parse(document)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b'{"a":1,"a":1}', "an object names one key twice"),
        (b"[NaN]", "NaN is not an integer: write prices, sizes and ratios as decimal strings"),
        (b"1.5", "1.5 is not an integer: write prices, sizes and ratios as decimal strings"),
        (b"[1, 2]", "the bytes are not the canonical spelling (RFC 8785) of what they say"),
        (b"[1", "not JSON: "),
        (b'"\xff"', "not JSON: "),
        (b"9007199254740992", "not representable as canonical JSON: "),
    ],
)
def test_says_why_it_refuses(document: bytes, words: str) -> None:
    with pytest.raises(NotCanonical) as refusal:
        strict_parse(document)
    assert str(refusal.value).startswith(words)


def test_says_which_float_it_refuses() -> None:
    with pytest.raises(NotCanonical, match=r"0\.1 is a float: write it as a decimal string"):
        canonical_bytes({"price": 0.1})  # type: ignore[dict-item]  # what an untyped caller would do


def test_a_hash_is_that_of_the_published_examples() -> None:
    # FIPS 180-4: the digest of the message "abc".
    assert sha256_of(b"abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
