"""Values of the domain as JSON and back: one spelling for what is stored, sent and compared."""

import types
import typing
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any

from jax.domain.canonical_json import Json, canonical_bytes, strict_parse
from jax.domain.errors import InvalidValue


def document_of(value: Any) -> Json:
    """`value`, made of dataclasses, tuples, text, Decimals, times and None, as JSON without numbers."""
    if is_dataclass(value):
        return {field.name: document_of(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [document_of(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal | StrEnum):
        return str(value)
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} has no spelling here")


def text_of(value: Any) -> str:
    """`value` as canonical JSON (RFC 8785): equal values have equal texts."""
    return canonical_bytes(document_of(value)).decode()


def value_from(kind: Any, text: str) -> Any:
    """The value of `kind` that `text_of` spelled; InvalidValue or NotCanonical."""
    return value_of(kind, strict_parse(text.encode()))


def value_of(kind: Any, document: Json, *, field: str = "document") -> Any:
    """The value of `kind` that `document` spells; InvalidValue names the field that it cannot be."""
    if typing.get_origin(kind) in {types.UnionType, typing.Union}:
        if document is None:
            return None
        (kind,) = (part for part in typing.get_args(kind) if part is not type(None))
    if typing.get_origin(kind) is tuple:
        return tuple(value_of(typing.get_args(kind)[0], item, field=field) for item in _list(document, field))
    if is_dataclass(kind):
        return _dataclass_of(kind, document, field)
    if kind is type(None) and document is None:
        return None
    if not isinstance(document, str):
        raise InvalidValue(field, f"{str(document)[:80]!r} is not the text of a value")
    return _scalar_of(kind, document, field)


def _dataclass_of(kind: Any, document: Json, field: str) -> Any:
    hints = _hints(kind)
    if not isinstance(document, dict) or document.keys() != hints.keys():
        raise InvalidValue(field, f"must have exactly the fields {', '.join(hints)}")
    return kind(**{name: value_of(hint, document[name], field=name) for name, hint in hints.items()})


def _scalar_of(kind: Any, document: str, field: str) -> Any:
    try:
        if kind is datetime:
            return datetime.fromisoformat(document)
        return kind(document)
    except (ValueError, InvalidOperation) as error:
        raise InvalidValue(field, f"{document[:80]!r} is not a {kind.__name__}") from error


def _list(document: Json, field: str) -> Sequence[Json]:
    if not isinstance(document, list):
        raise InvalidValue(field, "must be a list")
    return document


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
