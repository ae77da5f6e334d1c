"""Values of the domain as rows of a table."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ARRAY, Table, TableValuedAlias, bindparam, column, func

from jax.domain.errors import InvalidValue


def values_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name; nothing is copied."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def unnested(table: Table, rows: Sequence[Mapping[str, Any]]) -> TableValuedAlias:
    """`rows` as a FROM element `given` with the table's columns: one array a column, however many rows."""
    columns = [c for c in table.columns if c.name in rows[0]]
    arrays = [
        bindparam(f"given_{c.name}", [row[c.name] for row in rows], type_=ARRAY(c.type)) for c in columns
    ]
    return (
        func.unnest(*arrays)
        .table_valued(*(column(c.name, c.type) for c in columns), name="given")
        .render_derived()
    )


def left_open(table: Table, *, without: Container[str] = ()) -> TableValuedAlias:
    """As `unnested`, for a statement that is compiled before there are rows: `arrays_of` them are its values.

    Not for the columns that the server computes, nor for those that it is to be `without`.
    """
    columns = [c for c in table.columns if c.computed is None and c.name not in without]
    arrays = [bindparam(f"given_{c.name}", type_=ARRAY(c.type)) for c in columns]
    return (
        func.unnest(*arrays)
        .table_valued(*(column(c.name, c.type) for c in columns), name="given")
        .render_derived()
    )


def arrays_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """One array a column of `rows`, of which there is one at least."""
    return {f"given_{name}": [row[name] for row in rows] for name in rows[0]}


def at_most(limit: int, *, most: int = 1000) -> int:
    """The number of rows to answer with, 1 to `most`; InvalidValue otherwise."""
    if not (1 <= limit <= most):
        raise InvalidValue("limit", f"must be from 1 to {most}, not {limit}")
    return limit
