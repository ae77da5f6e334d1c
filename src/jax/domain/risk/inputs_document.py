"""The inputs of a decision as they are recorded, whole, so that it can be decided again.

They are one text of JSON in lists, fields in their order: it is made and read back on the way of every order,
and an entry of the audit log is walked through three times before it is stored.
"""

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from operator import attrgetter
from typing import Any

from jax.domain.errors import InvalidValue
from jax.domain.risk.inputs import ExitInputs, RiskInputs

# Raised with every change of a field of the inputs, of its name, its kind or its place: a test knows them.
FORMAT = 1
_KINDS: Mapping[str, Any] = types.MappingProxyType({"entry": RiskInputs, "exit": ExitInputs})
_NAMES = types.MappingProxyType({kind: name for name, kind in _KINDS.items()})
_TEXTS: Mapping[type, Callable[[str], Any]] = types.MappingProxyType(
    {Decimal: Decimal, datetime: datetime.fromisoformat, date: date.fromisoformat}
)


class OlderFormat(ValueError):
    """Inputs that were recorded in another format than FORMAT."""


def inputs_text(inputs: RiskInputs | ExitInputs) -> str:
    """`inputs` as `inputs_from` reads them."""
    return _SPELLING.encode([FORMAT, _NAMES[type(inputs)], inputs])


def inputs_from(text: str) -> RiskInputs | ExitInputs:
    """The inputs that `text` spells; OlderFormat, and InvalidValue when it spells none."""
    try:
        found, *rest = json.loads(text)
    except (RecursionError, TypeError, ValueError) as error:
        raise _no_inputs(error) from error
    if found != FORMAT:
        raise OlderFormat(f"recorded in format {found}, and this is format {FORMAT}")
    try:
        name, document = rest
        inputs: RiskInputs | ExitInputs = _reader(_KINDS[name])(document)
    except (AttributeError, InvalidOperation, KeyError, TypeError, ValueError) as error:
        raise _no_inputs(error) from error
    return inputs


def _no_inputs(error: Exception) -> InvalidValue:
    return InvalidValue("inputs", f"are not those of a decision: {error or type(error).__name__}")


def _spelled(value: Any) -> Any:
    """What JSON does not know."""
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    kind: Any = type(value)
    return _fields_of(kind)(value)


def _number(value: Decimal) -> str:
    """One spelling for each value, wherever it was kept: 1.50 is 1.5; not rounded, as `plain` would."""
    if value == 0:
        return "0"
    spelled = str(value)
    return spelled.rstrip("0").rstrip(".") if "." in spelled and "E" not in spelled else spelled


_SPELLING = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_spelled)


@cache
def _fields_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """A dataclass's values in their order; it has two at least."""
    return attrgetter(*(field.name for field in fields(kind)))


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What makes a value of `kind` of its spelling."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        (kind,) = (part for part in arguments if part is not types.NoneType)
        read = _reader(kind)
        return lambda document: None if document is None else read(document)
    if origin in {tuple, frozenset}:
        read = _reader(arguments[0])
        return lambda document: origin(map(read, document))
    if origin is Mapping:
        key, value = map(_reader, arguments)
        return lambda document: {key(name): value(item) for name, item in document.items()}
    if is_dataclass(kind):
        return _reader_of_fields(kind)
    return _reader_of_scalars(kind)


def _reader_of_fields(kind: Any) -> Callable[[Any], Any]:
    hints = typing.get_type_hints(kind)
    readers = [_reader(hints[field.name]) for field in fields(kind)]
    return lambda document: kind(*(read(part) for read, part in zip(readers, document, strict=True)))


def _reader_of_scalars(kind: Any) -> Callable[[Any], Any]:
    """Of truth values and whole numbers as JSON has them, and of all that is spelled as text."""
    spelled, read = (kind, kind) if kind in {bool, int} else (str, _TEXTS.get(kind, kind))

    def checked(document: Any) -> Any:
        if type(document) is not spelled:
            raise TypeError(f"{document!r} is no {kind.__name__}")
        return read(document)

    return checked
