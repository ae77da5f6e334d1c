"""What each rule of `jax.domain.checks` refuses and accepts, for the tests of the values that use it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.unit.domain.examples import HASH, NOON
from tests.unit.domain.numbers import NEGATIVE, NEVER_VALID, NO_FRACTION, NOT_DECIMALS, NOT_POSITIVE


@dataclass(frozen=True, slots=True)
class Rule:
    """Values that a field of this kind refuses, and some that it takes."""

    refused: tuple[Any, ...]
    accepted: tuple[Any, ...] = ()


def text(longest: int = 200) -> Rule:
    refused = ("", " ", " a", "a ", "a\n", "a\nb", "a\tb", "a\x00", "\u200b", "\ud800", "x" * (longest + 1))
    return Rule(refused, ("x", "x" * longest, "Zoë O'Neill", "two words"))


FINITE = Rule((*NEVER_VALID, *NOT_DECIMALS))
POSITIVE = Rule((*NOT_POSITIVE, *NOT_DECIMALS))
POSITIVE_OR_NONE = Rule(tuple(value for value in POSITIVE.refused if value is not None), (None,))
NOT_NEGATIVE = Rule((*NEGATIVE, *NOT_DECIMALS))
FRACTION = Rule((*NO_FRACTION, *NOT_DECIMALS))
FRACTION_OR_NONE = Rule(tuple(value for value in FRACTION.refused if value is not None), (None,))
UTC = Rule((NOON.replace(tzinfo=None), datetime(2024, 3, 1, 12, tzinfo=timezone(timedelta(hours=1)))))
SYMBOL = Rule(
    ("", "aapl", " AAPL", "AAPL ", "AAPL\n", ".AAPL", "-A", "/A", "A" * 33, "A B", "Ä", "A_B", "\u0661"),
    ("A", "AAPL", "BRK.B", "BTC/USDT", "ES-H24", "600519", "A" * 32),
)
NAME = Rule(
    ("", "A", "1a", "_a", "a b", "a-b", "aB", "a\n", "a" * 65, "é"), ("a", "ma_crossover_v1", "a" * 64)
)
PERSON = Rule(
    ("", "A", "1a", "_a", "a b", "a-b", "aB", "a\n", "a" * 64, "é", "avery@desk"), ("a", "tessa_2", "a" * 63)
)
MIC = Rule(("", "XNA", "XNASD", "xnas", "XN S", "XNAS\n", "XNÄS"), ("XNAS", "4AXE"))
CURRENCY = Rule(("", "US", "USDT", "usd", "U1D", "USD\n", "ÜSD"), ("USD", "EUR"))
SHA256 = Rule(
    (
        *("", HASH.removeprefix("sha256:"), HASH[:-1], HASH + "0", HASH.upper(), HASH + "\n"),
        *("sha1:" + HASH.removeprefix("sha256:"), HASH[:-1] + "g", " " + HASH),
    ),
    (HASH, "sha256:" + "0123456789abcdef" * 4),
)
SHA256_OR_NONE = Rule(SHA256.refused, (*SHA256.accepted, None))
# Checked against other fields, by tests of their own.
ELSEWHERE = Rule(())
# Typed, and nothing more to say of it.
ANYTHING = Rule(())

Rules = dict[Callable[..., Any], dict[str, Rule]]
