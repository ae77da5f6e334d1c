"""Statements as the driver takes them: SQL with numbered places, values as the columns spell them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from sqlalchemy import ARRAY, ClauseElement, Result
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql import Executable
from sqlalchemy.types import TypeDecorator

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


class Statement:
    """A clause that is compiled once, however often it runs: compiling takes longer than most of them do.

    What changes from run to run is a `bindparam` in the clause, which the run gives by its name; a plain
    `insert(table)` has one for every column.
    """

    def __init__(self, clause: Executable, *, only_looks: bool = False) -> None:
        """`only_looks`: it takes no lock and changes nothing, so that it needs no transaction around it."""
        self.only_looks = only_looks
        compiled: Any = cast("ClauseElement", clause).compile(dialect=_DIALECT)
        if compiled.post_compile_params:
            # A list after IN has as many places as it has values.
            compiled = cast("ClauseElement", clause).compile(
                dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
            )
        self.sql = str(compiled)
        self._given = compiled.params
        self._places = [(name, _spelling(compiled.binds.get(name))) for name in compiled.positiontup or ()]
        columns = list(getattr(clause, "exported_columns", ()))
        self._names = SimpleResultMetaData([column.key for column in columns]) if columns else None
        self._readings = [
            (number, column.type) for number, column in enumerate(columns) if _is_own(column.type)
        ]
        self._readings_by_name = [
            (column.key, column.type.process_result_value) for column in columns if _is_own(column.type)
        ]

    @property
    def places(self) -> int:
        """How many arguments it takes."""
        return len(self._places)

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """One for each place."""
        known = self._given | dict(values) if values else self._given
        return [known[name] if spell is None else spell(known[name]) for name, spell in self._places]

    def result(self, records: Iterable[Any]) -> Result[Any]:
        """What the driver has answered, as rows with the names and types of the clause's columns."""
        found = list(records)
        names = self._names
        if names is None:
            names = SimpleResultMetaData(list(found[0].keys()) if found else [])
        return IteratorResult(names, map(self._read, found))

    def rows(self, records: Iterable[Any]) -> list[dict[str, Any]]:
        """The same without names to look up, for where there are many rows or little time."""
        found = [dict(record) for record in records]
        for row in found:
            for name, read in self._readings_by_name:
                row[name] = read(row[name], _DIALECT)
        return found

    def _read(self, record: Any) -> tuple[Any, ...]:
        if not self._readings:
            return tuple(record)
        values = list(record)
        for number, kind in self._readings:
            values[number] = kind.process_result_value(values[number], _DIALECT)
        return tuple(values)


def _is_own(kind: Any) -> bool:
    return isinstance(kind, TypeDecorator)


def _spelling(bound: Any) -> Callable[[Any], Any] | None:
    """How a value of this place goes to the driver; None for as it is."""
    if bound is None:
        return None
    kind: Any = bound.type
    if isinstance(kind, ARRAY) and _is_own(kind.item_type):
        item: Any = kind.item_type
        return lambda values: [item.process_bind_param(value, _DIALECT) for value in values]
    return (lambda value: kind.process_bind_param(value, _DIALECT)) if _is_own(kind) else None
