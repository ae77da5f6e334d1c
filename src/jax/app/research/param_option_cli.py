"""The option --param, which several commands share."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from jax.domain.errors import InvalidValue

ParamOption = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="Instead of the default; may come several times."),
]


def params_of(written: Iterable[str]) -> dict[str, Decimal]:
    """The numbers by name; the error names what was written."""
    found: dict[str, Decimal] = {}
    for text in written:
        name, _, value = text.partition("=")
        try:
            number = Decimal(value)
        except InvalidOperation as error:
            raise _bad_param(f"{text!r} is not NAME=VALUE with a decimal number, such as fast=10") from error
        if name in found:
            raise _bad_param(f"{name} was given before: give it once")
        found[name] = number
    return found


def as_usage(error: InvalidValue) -> Exception:
    """A parameter that the strategy does not take is a wrong use of the option."""
    if error.field != "params":
        return error
    return _bad_param(f"{error.problem}; `jax strategies` lists parameters and defaults")


def _bad_param(problem: str) -> typer.BadParameter:
    return typer.BadParameter(problem, param_hint="--param")
