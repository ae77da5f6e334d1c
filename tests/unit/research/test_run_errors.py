"""Errors go from process to process and onto the disk, and come back as what they were."""

import json

import pytest

from jax.app.research.run_errors import RunEnded, error_of, told
from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Refused, Unavailable


@pytest.mark.parametrize("kind", [Conflict, NotFound, OutcomeUnknown, Unavailable])
def test_an_error_of_the_ports_comes_back_with_its_sentence(kind: type[Exception]) -> None:
    back = error_of(told(kind("There is none: make one")))
    assert type(back) is kind
    assert str(back) == "There is none: make one"


def test_an_invalid_value_keeps_its_field() -> None:
    back = error_of(told(InvalidValue("settings.initial_cash", "must be above zero, not 0")))
    assert isinstance(back, InvalidValue)
    assert (back.field, back.problem) == ("settings.initial_cash", "must be above zero, not 0")


@pytest.mark.parametrize("error", [Refused("no", code="NOT_COMPILED"), RunEnded("gone", code="LOST")])
def test_a_code_is_kept(error: Refused | RunEnded) -> None:
    back = error_of(told(error))
    assert isinstance(back, type(error))
    assert (str(back), back.code) == (str(error), error.code)


def test_what_nobody_was_meant_to_see_is_no_error_of_ours() -> None:
    back = error_of(told(ZeroDivisionError("division by zero")))
    assert type(back) is RuntimeError
    assert str(back) == "ZeroDivisionError: division by zero"


def test_a_sentence_is_one_line_and_not_endless() -> None:
    assert told(NotFound("one\n  two"))["sentence"] == "one two"
    assert told(NotFound(""))["sentence"] == "NotFound"
    assert told(NotFound("x" * 5_000))["sentence"] == "x" * 2_000
    long = told(InvalidValue("field", "x" * 5_000))
    assert (long["field"], long["problem"]) == ("field", "x" * 2_000)


def test_the_document_is_json() -> None:
    document = told(InvalidValue("params", "needs fast < slow"))
    assert json.loads(canonical_bytes(document)) == document
