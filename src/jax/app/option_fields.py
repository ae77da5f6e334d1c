"""Commands with more options than a function should have parameters take one dataclass instead."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from functools import wraps
from inspect import Parameter, Signature
from typing import Any, TypeVar, get_type_hints

_Terms = TypeVar("_Terms")


def taking(terms: type[_Terms]) -> Callable[[Callable[[_Terms], None]], Callable[..., None]]:
    """Gives a command, for the option parser, the fields of the dataclass `terms` as its parameters.

    Each field is annotated as a parameter would be: `Annotated[str, typer.Option(...)]`.
    """
    hints = get_type_hints(terms, include_extras=True)
    listed = fields(terms)  # type: ignore[arg-type]  # the caller gives a dataclass, which no type says
    parameters = [
        Parameter(f.name, Parameter.KEYWORD_ONLY, default=_default(f), annotation=hints[f.name])
        for f in listed
    ]

    def decorate(command: Callable[[_Terms], None]) -> Callable[..., None]:
        @wraps(command)
        def run(**given: Any) -> None:
            command(terms(**given))

        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # see inspect.signature
        run.__annotations__ = {f.name: hints[f.name] for f in listed}
        return run

    return decorate


def _default(field: Field[Any]) -> Any:
    return Parameter.empty if field.default is MISSING else field.default
