"""Nothing that a terminal would act on, or that an eye would miss, is left in text of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.visible_text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2K\rgood", "<U+001B>[2K<U+000D>good"),
        ("user\u202e// admin", "user<U+202E>// admin"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("tab\there", "tab<U+0009>here"),
        ("line\u2028break", "line<U+2028>break"),
        ("\ud800", "<U+D800>"),
        ("nbsp\u00a0", "nbsp<U+00A0>"),
        ("grüße, 12 %", "grüße, 12 %"),
    ],
)
def test_writes_out_what_does_not_print_as_itself(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_source_code_shows_letters_that_only_look_like_others() -> None:
    assert visible("\u0430 = 1", ascii_only=True) == "<U+0430> = 1"
    assert visible("\u0430 = 1") == "\u0430 = 1"
    assert visible("a = '~ !'", ascii_only=True) == "a = '~ !'"


@given(st.text())
def test_what_is_shown_prints_as_it_is_and_stays_on_one_line(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert visible(shown) == shown
    assert visible(text, ascii_only=True).isascii()
