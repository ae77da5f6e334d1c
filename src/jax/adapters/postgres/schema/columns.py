"""Column types and the checks that go with them."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, Column, DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator

from jax.domain import checks

_E = TypeVar("_E", bound=StrEnum)
_ONE = Decimal(1)


class Amount(TypeDecorator[Decimal]):
    """NUMERIC(20, 8); more places are refused, not rounded, and what is read carries no padding zeros."""

    impl = Numeric(20, 8)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        return value if value is None else checks.finite("amount", value)

    def process_result_value(self, value: Decimal | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        bare = value.normalize()
        # Only what ends in zeros has lost them.
        return bare if bare % 10 else bare.quantize(_ONE)


class Word(TypeDecorator[_E]):
    """Text that holds one of the values of an enum."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[_E]) -> None:
        super().__init__()
        self.enum = enum
        self._members: dict[str, _E] = {member.value: member for member in enum}

    def process_bind_param(self, value: _E | None, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _E | None:
        return None if value is None else self._members.get(value) or self.enum(value)


def text(name: str, **options: Any) -> Column[str]:
    """A text column that is never NULL unless asked."""
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


def amount(name: str, *, nullable: bool = False) -> Column[Decimal]:
    return Column(name, Amount, nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def word(name: str, enum: type[_E]) -> Column[_E]:
    return Column(name, Word(enum), nullable=False)


def length(name: str, longest: int, *, shortest: int = 1) -> CheckConstraint:
    """`shortest` to `longest` characters."""
    return CheckConstraint(f"char_length({name}) BETWEEN {shortest} AND {longest}", name=f"{name}_length")


def known(name: str, enum: type[StrEnum]) -> CheckConstraint:
    """One of the values of an enum."""
    values = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{name} IN ({values})", name=f"{name}_known")


def positive(name: str) -> CheckConstraint:
    """Above zero; the bound above is what keeps NaN out, which Postgres takes for the largest number."""
    return CheckConstraint(f"{name} > 0 AND {name} < {int(checks.LARGEST)}", name=f"{name}_bounds")


def not_negative(name: str) -> CheckConstraint:
    """Zero or above, and not NaN."""
    return CheckConstraint(f"{name} >= 0 AND {name} < {int(checks.LARGEST)}", name=f"{name}_bounds")
