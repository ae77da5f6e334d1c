"""What somebody with the whole database in hand, but without anybody's key, may do to a record's rows."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from jax.domain.audit import GENESIS
from jax.domain.record_row import Plain, RecordRow
from jax.domain.stored_entry import stored_entry

Rows = list[RecordRow]


def row_of(rows: Iterable[RecordRow], table: str, **where: Plain) -> RecordRow:
    """The one row of `table` that has these values."""
    (found,) = (row for row in rows if _is(row, table, where))
    return found


def changed(rows: Iterable[RecordRow], target: RecordRow, **values: Plain) -> Rows:
    """The rows with one of them changed."""
    return [with_values(row, **values) if row is target else row for row in rows]


def without(rows: Iterable[RecordRow], *targets: RecordRow) -> Rows:
    """The rows without these."""
    return [row for row in rows if not any(row is target for target in targets)]


def planted(rows: Iterable[RecordRow], like: RecordRow, **values: Plain) -> Rows:
    """The rows with one more after `like`, which differs from it in `values`."""
    return [one for row in rows for one in ((row, with_values(row, **values)) if row is like else (row,))]


def dropped_after(rows: Iterable[RecordRow], n: int) -> Rows:
    """The rows without the entries after `n`."""
    return [row for row in rows if row.table != "audit.entry" or row.whole("n") <= n]


def rechained(rows: Iterable[RecordRow], edit: Callable[[RecordRow], RecordRow] = lambda row: row) -> Rows:
    """The rows with every entry edited, renumbered and hashed anew, and with the steps pointing to them."""
    recorded = list(rows)
    chain = [row for row in recorded if row.table == "audit.entry"]
    previous, hashes, made = GENESIS, dict[Plain, tuple[int, str]](), []
    for n, entry in enumerate(chain, start=1):
        edited = with_values(edit(entry), n=n, previous_sha256=previous)
        previous = stored_entry(edited).sha256
        hashes[entry.row["n"]] = n, previous
        made.append(with_values(edited, entry_sha256=previous))
    return [*made, *(_pointing(row, hashes) for row in recorded if row.table != "audit.entry")]


def with_values(row: RecordRow, **values: Plain) -> RecordRow:
    """The row with other values."""
    return replace(row, row={**row.row, **values})


def _pointing(row: RecordRow, hashes: dict[Plain, tuple[int, str]]) -> RecordRow:
    if row.table != "gate.artifact_event" or row.row["entry_n"] not in hashes:
        return row
    n, entry_sha256 = hashes[row.row["entry_n"]]
    return with_values(row, entry_n=n, entry_sha256=entry_sha256)


def _is(row: RecordRow, table: str, where: dict[str, Plain]) -> bool:
    return row.table == table and all(row.row[column] == value for column, value in where.items())
