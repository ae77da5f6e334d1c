"""Decimals on the wire: strings, never floats."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

from jax.domain.decimal_text import plain

_WRITTEN = re.compile(r"-?\d{1,12}(\.\d{1,20})?", re.ASCII)


def _parse(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or _WRITTEN.fullmatch(value) is None:
        raise ValueError('must be a decimal number as a string, such as "150.25"')
    return Decimal(value)


DecimalText = Annotated[
    Decimal,
    BeforeValidator(_parse, json_schema_input_type=str),
    PlainSerializer(plain, return_type=str),
    Field(description="A decimal number as a string, without exponent and trailing zeros."),
]
