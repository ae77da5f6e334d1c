"""An id follows from what it identifies, now and in every later version."""

import base64
import hashlib
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.derived_id import client_order_id, derived_id, signal_id, trade_id
from tests.unit.domain.examples import HASH, NOON, OTHER_HASH
from tests.unit.domain.json_values import texts

_parts = st.lists(texts, max_size=4)


@given(_parts, _parts)
def test_different_parts_give_different_ids(first: list[str], second: list[str]) -> None:
    assert (derived_id("x", *first) == derived_id("x", *second)) == (first == second)


@given(st.lists(texts, min_size=2, max_size=4))
def test_moving_text_from_one_part_to_the_next_gives_another_id(parts: list[str]) -> None:
    joined = ["".join(parts[:2]), "", *parts[2:]]
    assert (derived_id("x", *parts) == derived_id("x", *joined)) == (parts == joined)


@given(_parts)
def test_an_id_is_its_prefix_and_32_letters_of_base32(parts: list[str]) -> None:
    made = derived_id("jx", *parts)
    assert made.startswith("jx")
    assert len(base64.b32decode(made[2:].upper())) == 20
    assert made == made.lower()


def test_an_id_is_the_hash_of_the_parts_each_after_its_length() -> None:
    spelled = b"\x00\x00\x00\x02ab" + b"\x00\x00\x00\x00" + b"\x00\x00\x00\x02\xc3\xa9"
    expected = base64.b32encode(hashlib.sha256(spelled).digest()[:20]).decode().lower()
    assert derived_id("x", "ab", "", "\u00e9") == f"x{expected}"


# Ids in use: an order found at the broker after an update must still be the one in the table.
def test_an_id_in_use_stays_what_it_is() -> None:
    order = client_order_id(account="DU1", strategy="ma", signal_id="sg1")
    signal = signal_id(strategy="ma", artifact_hash=HASH, symbol="AAPL", bar_end=NOON)
    assert order == "jxm4bnamujyrvvrcvknuimscteqqpdlcqu"
    assert signal == "sgtf7gwo43vumjosdxunnjq2fbsv5jso3g"
    assert trade_id(client_order_id="jx1") == "trrlfhm6ei5so76bbigmp4cqiyn6r7f7ii"


def test_every_part_of_an_orders_identity_counts() -> None:
    made = {
        client_order_id(account="DU1", strategy="ma", signal_id="sg1"),
        client_order_id(account="DU2", strategy="ma", signal_id="sg1"),
        client_order_id(account="DU1", strategy="mb", signal_id="sg1"),
        client_order_id(account="DU1", strategy="ma", signal_id="sg2"),
        client_order_id(account="DU1", strategy="ma", signal_id="sg1", leg=1),
        client_order_id(account="DU1", strategy="ma", signal_id="sg1", revision=1),
    }
    assert len(made) == 6


def test_every_part_of_a_signals_identity_counts() -> None:
    made = {
        signal_id(strategy="ma", artifact_hash=HASH, symbol="AAPL", bar_end=NOON),
        signal_id(strategy="mb", artifact_hash=HASH, symbol="AAPL", bar_end=NOON),
        signal_id(strategy="ma", artifact_hash=OTHER_HASH, symbol="AAPL", bar_end=NOON),
        signal_id(strategy="ma", artifact_hash=HASH, symbol="MSFT", bar_end=NOON),
        signal_id(strategy="ma", artifact_hash=HASH, symbol="AAPL", bar_end=NOON + timedelta(microseconds=1)),
    }
    assert len(made) == 5


def test_a_trade_is_named_by_its_order() -> None:
    assert trade_id(client_order_id="jx1") != trade_id(client_order_id="jx2")


def test_the_first_order_of_a_signal_is_leg_and_revision_zero() -> None:
    assert client_order_id(account="DU1", strategy="ma", signal_id="sg1") == client_order_id(
        account="DU1", strategy="ma", signal_id="sg1", leg=0, revision=0
    )
