"""What the fields of requests and answers may be, each with an example."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from jax.app.http.decimal_text import DecimalText
from jax.domain import checks
from jax.domain.errors import InvalidValue

_LONGEST_REASON = 1000
_EXAMPLE_HASH = "sha256:" + "5e" * 32
_EXAMPLE_TIME = "2026-03-02T09:30:00Z"


class StrictBody(BaseModel):
    """What is not known is refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _as(check: Callable[[str, Any], Any]) -> AfterValidator:
    """A domain's check of one field; pydantic adds the field's own name."""

    def checked(value: Any) -> Any:
        try:
            return check("", value)
        except InvalidValue as error:
            raise ValueError(error.problem) from error

    return AfterValidator(checked)


def _identifier(field: str, value: str) -> str:
    return checks.text(field, value, longest=64)


def _reason(field: str, value: str) -> str:
    # The one spelling that signed documents have.
    return checks.text(field, unicodedata.normalize("NFC", value.strip()), longest=_LONGEST_REASON)


def _sorted_once(values: list[str]) -> list[str]:
    return sorted(set(values))


Identifier = Annotated[str, _as(_identifier), Field(examples=["0197f6a2c3d17b6e9d5f"])]
IdentifierInPath = Annotated[str, Path(examples=["0197f6a2c3d17b6e9d5f"]), _as(_identifier)]
Person = Annotated[str, _as(checks.person), Field(examples=["tessa"])]
StrategyName = Annotated[str, _as(checks.name), Field(examples=["ma_crossover_v1"])]
Symbol = Annotated[str, _as(checks.symbol), Field(examples=["AAPL"])]
Hash = Annotated[str, _as(checks.sha256), Field(examples=[_EXAMPLE_HASH])]
Reason = Annotated[
    str, _as(_reason), Field(examples=["read the code"], description="Why; it is recorded for good.")
]
Positive = Annotated[DecimalText, _as(checks.positive), Field(examples=["0.2"])]
Words = Annotated[list[str], Field(min_length=1, max_length=16), AfterValidator(_sorted_once)]

Text = Annotated[str, Field(examples=["ma_crossover_v1 1.0.0 needs 1 RISK approval; nobody has signed one"])]
Version = Annotated[str, Field(examples=["1.0.0"])]
Moment = Annotated[datetime, Field(examples=[_EXAMPLE_TIME])]
Count = Annotated[int, Field(examples=[12])]
Flag = Annotated[bool, Field(examples=[True])]
Figure = Annotated[DecimalText, Field(examples=["0.91"])]
Figures = Annotated[dict[str, DecimalText], Field(examples=[{"sharpe": "0.196359", "trades": "297"}])]
Names = Annotated[list[str], Field(examples=[["AAPL 2004-03-01"]])]
Bytes = Annotated[
    str, Field(examples=["eyJfdHlwZSI6Imh0dHBzOi8v..."], description="Base64 with its padding.")
]
Mark = Annotated[
    str,
    Field(
        examples=["desk"],
        description="The policy: its name, `solo` for that of a person alone, `none` before the first.",
    ),
]
