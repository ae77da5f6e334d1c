"""The gate's record as lines of JSON that anybody can verify, without the database."""

import json
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Any, NoReturn

from jax.domain.canonical_json import canonical_bytes
from jax.domain.errors import InvalidValue
from jax.domain.payload_fields import timestamp
from jax.domain.record_row import RecordRow
from jax.ports.clock import Clock
from jax.ports.unit_of_work import UnitOfWork

SCHEMA = "jax/gate-export/v1"
# A payload of the largest size, as base64, with the rest of its row.
LONGEST_LINE = 2 * 1024 * 1024
_FIELD = "export"


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names one key twice")
    return found


def _refuse(written: str) -> NoReturn:
    raise ValueError(f"{written} is not an integer")


_DECODE = json.JSONDecoder(
    object_pairs_hook=_without_duplicates, parse_float=_refuse, parse_constant=_refuse
).decode


class ExportRecord:
    """Reads everything as of one moment."""

    def __init__(self, *, unit_of_work: UnitOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """A first line that names the schema, a line for each row, and a last one that counts the rows.

        Each is canonical JSON (RFC 8785) and ends with a line feed. Unavailable.
        """
        count = 0
        yield _line(canonical_bytes({"schema": SCHEMA, "exported": timestamp(self._clock.now())}))
        async with self._unit_of_work.begin() as transaction:
            async for row in transaction.record.rows():
                count += 1
                yield _line(row.encoded())
        yield _line(canonical_bytes({"rows": count}))


def read_export(lines: Iterable[bytes]) -> Iterator[RecordRow]:
    """The rows of an export; InvalidValue names the line where it is none, or the end that it lacks."""
    numbered = enumerate(lines, start=1)
    _check_header(next(numbered, (1, b""))[1])
    count: int | None = None
    number = 1
    for number, line in numbered:
        if count is not None:
            raise InvalidValue(_FIELD, f"line {number} comes after the end")
        found = _parsed(number, line)
        if found.keys() == {"rows"}:
            count = found["rows"]
        else:
            yield _row(number, found)
    if count is None:
        raise InvalidValue(_FIELD, f"it ends at line {number} without its last line: it was cut off")
    if count != number - 2:
        raise InvalidValue(_FIELD, f"its last line counts {count} rows, there are {number - 2}")


def _check_header(line: bytes) -> None:
    header = _parsed(1, line)
    if header.get("schema") != SCHEMA:
        raise InvalidValue(_FIELD, f"line 1 names the schema {header.get('schema')!r}, not {SCHEMA!r}")


def _row(number: int, found: dict[str, Any]) -> RecordRow:
    table, row = found.get("table"), found.get("row")
    if found.keys() != {"row", "table"} or not isinstance(table, str) or not isinstance(row, dict):
        raise InvalidValue(_FIELD, f"line {number} is no row of a table")
    if not all(value is None or isinstance(value, str | int) for value in row.values()):
        raise InvalidValue(_FIELD, f"line {number} holds more than texts, integers, true, false and null")
    return RecordRow(table, row)


def _parsed(number: int, line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise InvalidValue(_FIELD, f"line {number} is longer than {LONGEST_LINE} bytes")
    try:
        found = _DECODE(line.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidValue(_FIELD, f"line {number} is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise InvalidValue(_FIELD, f"line {number} is no object")
    return found


def _line(document: bytes) -> bytes:
    return document + b"\n"
