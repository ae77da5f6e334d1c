"""Every error of ccxt, and every answer that a table does not hold, is an unknown outcome."""

import errno
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.adapters.brokers.ccxt.error_tables import ERROR_TABLES, NO_TABLE, ErrorTable, error_of_sending
from jax.adapters.brokers.ccxt.wire_answer import WireAnswer, answer_of, answer_without_response
from jax.ports.errors import OutcomeUnknown, Refused, Unavailable

# Its package hides the module from a plain import.
ccxt_errors = import_module("ccxt.base.errors")
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TABLES = [*ERROR_TABLES.values(), NO_TABLE]
ROWS = [(table, row) for table in ERROR_TABLES.values() for row in table.never_accepted]


def ccxt_classes(known: dict[str, object] = ccxt_errors.error_hierarchy) -> Iterator[type[Exception]]:
    for name, below in known.items():
        yield getattr(ccxt_errors, name)
        assert isinstance(below, dict)
        yield from ccxt_classes(below)


def test_the_hierarchy_of_ccxt_is_the_one_that_is_tried() -> None:
    classes = set(ccxt_classes())
    told = {getattr(ccxt_errors, name) for name in ccxt_errors.__all__ if name != "error_hierarchy"}
    assert classes == told
    assert len(classes) > 30


@pytest.mark.parametrize("kind", list(ccxt_classes()), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("table", TABLES, ids=[*ERROR_TABLES, "no table"])
def test_no_class_of_ccxt_says_that_an_order_was_not_taken(kind: type[Exception], table: ErrorTable) -> None:
    answer = answer_without_response(kind("GET https://api.test/order?signature=abc"))
    error = error_of_sending(table, answer, what="order jx1")
    assert type(error) is OutcomeUnknown
    assert kind.__name__ in str(error)
    assert "signature" not in str(error)


@given(
    table=st.sampled_from(TABLES),
    status=st.one_of(st.none(), st.integers(100, 599)),
    code=st.one_of(st.sampled_from(["-2010", "-1013", "-1021", "0", ""]), st.integers().map(str)),
    message=st.one_of(st.sampled_from(["Duplicate order sent.", "MIN", "min_total"]), st.text(max_size=20)),
)
def test_whatever_no_row_says_is_unknown(
    table: ErrorTable, status: int | None, code: str, message: str
) -> None:
    answer = WireAnswer(status, code, message)
    error = error_of_sending(table, answer, what="order jx1")
    rows = [
        row
        for row in table.never_accepted
        if (row.status, row.code or code) == (status, code) and message[: len(row.message)] == row.message
    ]
    expected = Refused if rows else Unavailable if status in table.rate_limited else OutcomeUnknown
    assert type(error) is expected


@pytest.mark.parametrize(("table", "row"), ROWS, ids=lambda value: getattr(value, "message", ""))
def test_a_row_is_a_refusal_with_its_meaning_and_only_with_its_status(table: ErrorTable, row: object) -> None:
    answer = WireAnswer(row.status, row.code or "17", f"{row.message} and more")  # type: ignore[attr-defined]
    error = error_of_sending(table, answer, what="order jx1")
    assert isinstance(error, Refused)
    for status in (None, 200, 403, 409, 500, 503):
        other = WireAnswer(status, answer.code, answer.message)
        assert type(error_of_sending(table, other, what="order jx1")) is OutcomeUnknown


@pytest.mark.parametrize(("table", "row"), ROWS)
def test_only_answers_of_clients_errors_refuse(table: ErrorTable, row: object) -> None:
    assert row.status in {400, 401}  # type: ignore[attr-defined]
    assert table.no_such_order.isdisjoint({row.code})  # type: ignore[attr-defined]


def test_of_a_venue_without_a_table_nothing_is_a_refusal_but_a_ban_is_kept() -> None:
    for status in (400, 401, 429, 418, 500):
        assert type(error_of_sending(NO_TABLE, WireAnswer(status, "-2010", "no"), what="x")) is OutcomeUnknown


@pytest.mark.parametrize(
    ("number", "nothing_was_sent"),
    [
        (errno.ECONNREFUSED, True),
        (errno.ECONNRESET, False),
        (errno.EPIPE, False),
        (errno.ETIMEDOUT, False),
        (errno.EHOSTUNREACH, False),
    ],
)
def test_only_a_refused_connection_has_carried_nothing(number: int, nothing_was_sent: bool) -> None:
    error = ccxt_errors.ExchangeNotAvailable("x")
    error.__cause__ = OSError(number, "what the system says")
    told = error_of_sending(NO_TABLE, answer_without_response(error), what="order jx1")
    assert type(told) is (Unavailable if nothing_was_sent else OutcomeUnknown)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("99999999999", 7 * 24 * 3600.0),
        (format_datetime(datetime(2026, 3, 4, 12, 1, tzinfo=UTC), usegmt=True), 60.0),
        (format_datetime(datetime(2026, 3, 4, 11, tzinfo=UTC), usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_retry_after_is_whole_seconds_or_a_date(written: str, seconds: float | None) -> None:
    answer = answer_of(429, {"retry-AFTER": written}, "{}", now=NOW)
    assert answer.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("body", "code", "message", "members"),
    [
        ('{"code": -2010, "msg": "No."}', "-2010", "No.", {"code", "msg"}),
        ('{"code": 1123, "message": "MIN_TOTAL", "data": null}', "1123", "MIN_TOTAL", {"code", "message"}),
        ('{"code": {"a": 1}, "msg": ["x"]}', "", "", {"code", "msg"}),
        ("[1]", "", "", set()),
        ('{"msg": "a\\u0000b\\n"}', "", "ab", {"msg"}),
    ],
)
def test_the_words_of_an_answer(body: str, code: str, message: str, members: set[str]) -> None:
    answer = answer_of(400, {}, body, now=NOW)
    assert (answer.code, answer.message) == (code, message)
    assert answer.members == frozenset(members)


@pytest.mark.parametrize("body", ["", "<html>", "{", "nan?"])
def test_what_is_no_json_has_no_members(body: str) -> None:
    assert answer_of(200, {}, body, now=NOW).members is None
