"""A row as a document: one spelling, read back as what it was."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.domain.record_row import Plain, RecordRow, moment_of, plain
from tests.unit.domain.json_values import LARGEST_INTEGER, texts

_plain = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts
_columns = st.text("abcdefghijklmnopqrstuvwxyz_0123456789", min_size=1, max_size=9)
_MOMENT = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)


@given(st.dictionaries(_columns, _plain, max_size=6))
def test_a_row_is_written_as_canonical_json(row: dict[str, Plain]) -> None:
    assert RecordRow("gate.artifact", row).encoded() == canonical_bytes(
        {"table": "gate.artifact", "row": row}
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**53 - 1, 2**53 - 1),
        (2**53, "9007199254740992"),
        (-(2**53), "-9007199254740992"),
        ("text", "text"),
        (b"\x00\xff", "AP8="),
        (_MOMENT, "2026-03-01T12:00:00.000250+00:00"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.50"), "0.50"),
        (Decimal("NaN"), "NaN"),
    ],
    ids=repr,
)
def test_what_a_column_holds_has_a_plain_form(value: object, expected: Plain) -> None:
    assert plain(value) == expected


def test_what_no_column_holds_has_none() -> None:
    with pytest.raises(TypeError, match="float"):
        plain(1.5)


def test_values_are_read_back_as_what_they_were() -> None:
    row = RecordRow(
        "t", {"n": 7, "at": plain(_MOMENT), "envelope": plain(b"{}"), "reason": "ok", "end": None}
    )
    assert row.whole("n") == 7
    assert row.moment("at") == _MOMENT
    assert row.content("envelope") == b"{}"
    assert row.text("reason") == "ok"
    assert (row.is_null("end"), row.is_null("n")) == (True, False)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("whole", "7"),
        ("whole", True),
        ("text", 7),
        ("text", None),
        ("moment", "yesterday"),
        ("moment", "2026-03-01T12:00:00"),
        ("moment", "2026-03-01T12:00:00+01:00"),
        ("content", "e30"),
        ("content", 1),
    ],
)
def test_a_value_of_another_type_is_named_by_its_column(read: str, value: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^column:"):
        getattr(RecordRow("t", {"column": value}), read)("column")


@pytest.mark.parametrize("read", ["whole", "text", "moment", "content", "is_null"])
def test_a_missing_column_is_named(read: str) -> None:
    with pytest.raises(InvalidValue, match="column: is missing"):
        getattr(RecordRow("t", {}), read)("column")


def test_times_of_other_places_are_not_utc() -> None:
    elsewhere = _MOMENT.astimezone(timezone(timedelta(hours=2))).isoformat()
    with pytest.raises(InvalidValue, match="not a time in UTC"):
        moment_of("at", written=elsewhere)
