"""The published examples of RFC 8785, and every other spelling of the same values."""

import struct

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.canonical_json import NotCanonical, canonical_bytes, strict_parse
from tests.unit.domain.json_values import LARGEST_INTEGER

# Appendix B of RFC 8785: an IEEE 754 double, and its text.
_NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}
# Section 3.2.2, strings and literals, and section 3.2.4, the output without its numbers.
_STRING = '\u20ac$\u000f\nA\'B"\\\\"/'
_OUTPUT = b'{"literals":[null,true,false],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'


@pytest.mark.parametrize(("bits", "written"), _NUMBERS.items())
def test_the_library_writes_numbers_as_the_appendix_does_and_documents_take_none_of_them(
    bits: str, written: str
) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert rfc8785.dumps(number).decode() == written
    with pytest.raises(NotCanonical):
        canonical_bytes(number)
    if written != "0":
        with pytest.raises(NotCanonical):
            strict_parse(written.encode())


def test_the_sections_example_has_its_published_bytes() -> None:
    value = {"string": _STRING, "literals": [None, True, False]}
    assert canonical_bytes(value) == _OUTPUT
    assert strict_parse(_OUTPUT) == value


@given(st.integers(min_value=-LARGEST_INTEGER, max_value=LARGEST_INTEGER))
def test_every_integer_that_a_double_holds_makes_the_round_trip(number: int) -> None:
    assert canonical_bytes(number) == str(number).encode()
    assert strict_parse(str(number).encode()) == number


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_integers_beyond_are_refused(number: int) -> None:
    with pytest.raises(NotCanonical):
        canonical_bytes(number)
    with pytest.raises(NotCanonical):
        strict_parse(str(number).encode())


_REFUSED = {
    "duplicate key": b'{"a":1,"a":1}',
    "duplicate key in another escape": b'{"a":1,"\\u0061":1}',
    "NaN": b"[NaN]",
    "Infinity": b"[Infinity]",
    "negative infinity": b"[-Infinity]",
    "overflow": b"[1e400]",
    "spaces": b'{"a": 1}',
    "outer space": b' {"a":1}',
    "key order": b'{"b":1,"a":1}',
    "1.0": b"[1.0]",
    "1e0": b"[1e0]",
    "unneeded escape": b'["\\u0041"]',
    "escaped slash": b'["\\/"]',
    "upper-case escape": b'["\\u000F"]',
    "long form of a short escape": b'["\\u000a"]',
    "byte order mark": b"\xef\xbb\xbf[1]",
    "lone surrogate": b'["\\ud800"]',
    "lone surrogate in a key": b'{"\\ud800":1}',
    "surrogate pair where UTF-8 is due": b'["\\ud83d\\ude00"]',
    "-0": b"[-0]",
    "01": b"[01]",
    "+1": b"[+1]",
    "trailing newline": b"[1]\n",
    "trailing comma": b"[1,]",
    "two documents": b"[1][1]",
    "nothing": b"",
    "not UTF-8": b'["\xff"]',
    "UTF-16": '["a"]'.encode("utf-16"),
    "overlong UTF-8": b'["\xc0\xaf"]',
    "control character": b'["\n"]',
    "single quotes": b"['a']",
    "comment": b"[1/**/]",
}


@pytest.mark.parametrize("document", _REFUSED.values(), ids=list(_REFUSED))
def test_refuses_every_other_spelling(document: bytes) -> None:
    with pytest.raises(NotCanonical):
        strict_parse(document)
