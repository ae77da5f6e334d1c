"""Numbers as a setting has them: decimals as people write them, within their bounds."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from jax.domain import checks
from jax.domain.errors import InvalidValue

DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)


def _decimal(written: Any) -> Any:
    if isinstance(written, str) and not DECIMAL.fullmatch(written.strip()):
        raise InvalidValue("", "is not a decimal number such as 0.01")
    return written


def _that_is(check: Callable[[str, Decimal], Decimal]) -> Callable[[Decimal], Decimal]:
    # Whoever reads the settings names the variable.
    return lambda value: check("", value)


def _share(field: str, value: Decimal) -> Decimal:
    if not (checks.not_negative(field, value) <= 1):
        raise InvalidValue(field, f"must be from 0 to 1, not {value}")
    return value


def _at_least_one(value: int) -> int:
    if value < 1:
        raise InvalidValue("", "must be at least 1")
    return value


Positive = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(checks.positive))]
NotNegative = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(checks.not_negative))]
Share = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(_share))]
Fraction = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_that_is(checks.fraction))]
AtLeastOne = Annotated[int, AfterValidator(_at_least_one)]
