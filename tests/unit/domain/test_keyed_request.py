"""A request under a key, and how its denial is spelled."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jax.domain.errors import InvalidValue
from jax.domain.keyed_request import KeyedRequest, parsed_denial, spelled_denial
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@given(
    code=st.sampled_from(ReasonCode),
    detail=st.text(alphabet=st.characters(codec="utf-8"), max_size=50),
    numbers=st.dictionaries(st.text(alphabet="abc_", min_size=1), st.decimals(allow_nan=False)),
)
def test_a_denial_is_read_as_it_was_spelled(
    code: ReasonCode, detail: str, numbers: dict[str, Decimal]
) -> None:
    read = parsed_denial(spelled_denial(Denied(code, detail, numbers)))
    assert (read.reason_code, read.detail) == (code, detail)
    assert {name: str(value) for name, value in read.numbers.items()} == {
        name: str(value) for name, value in numbers.items()
    }


@pytest.mark.parametrize(
    "spelled",
    [
        "[]",
        "{}",
        '{"detail":"d","numbers":{},"reason_code":"NOBODY"}',
        '{"detail":"d","numbers":{"n":"five"},"reason_code":"FENCED"}',
        '{"detail":"d","numbers":[],"reason_code":"FENCED"}',
    ],
)
def test_what_is_no_denial_is_told(spelled: str) -> None:
    with pytest.raises(InvalidValue, match="is no denial"):
        parsed_denial(spelled)


@pytest.mark.parametrize(
    ("field", "value"), [("key", ""), ("key", "k" * 65), ("signal_id", ""), ("approved_by", "a\n")]
)
def test_refuses_a_request_that_cannot_be_recorded(field: str, value: str) -> None:
    values: dict[str, Any] = {
        "account": "paper",
        "key": "k1",
        "signal_id": "sg1",
        "approved_by": "olivia",
        field: value,
    }
    with pytest.raises(InvalidValue, match=field):
        KeyedRequest(**values, asked_at=NOW)
