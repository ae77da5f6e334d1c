"""Finished sweeps, each in one Parquet file: a row a parameter set, the rest in the file's metadata."""

import asyncio
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from jax.adapters.parquet.checked_file import CheckedFile
from jax.adapters.parquet.writer_lock import writer_lock
from jax.ports.errors import NotFound, Unavailable
from jax.ports.sweep_store import KeptSweep, SetColumns

_SCHEMA = "jax/sweep/v1"
_METADATA = "jax"
# What the columns of the three tables begin with.
_PARAM, _METRIC, _STATISTIC = "param.", "metric.", "statistic."


class SweepFiles:
    """A SweepStore of files `root`/ID.parquet; the folder is made when the first sweep is kept."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def keep(self, sweep: KeptSweep) -> str:
        """See SweepStore."""
        path = self._path(sweep.sweep_id)
        async with writer_lock(self._root, what="sweeps"):
            await asyncio.to_thread(_write, path, sweep)
        return str(path)

    async def get(self, sweep_id: str) -> KeptSweep:
        """See SweepStore."""
        path = self._path(sweep_id)
        try:
            content = await asyncio.to_thread(CheckedFile(path).read)
            found = None if content is None else _decoded(content)
        except (OSError, ValueError, KeyError, TypeError, PolarsError) as error:
            raise Unavailable(
                f"The sweep {path} cannot be read ({error}): remove it and run it again"
            ) from error
        if found is None or found.sweep_id != sweep_id:
            raise NotFound(f"There is no sweep {sweep_id!r} in {self._root}")
        return found

    def _path(self, sweep_id: str) -> Path:
        # An id is the name of a file, and never a way out of the folder.
        if not (sweep_id.isalnum() and sweep_id.isascii()):
            raise NotFound(f"There is no sweep {sweep_id!r}: an id is letters and digits")
        return self._root / f"{sweep_id}.parquet"


def _write(path: Path, sweep: KeptSweep) -> None:
    file = CheckedFile(path)
    content = _encoded(sweep)
    try:
        file.stage(content)
        file.commit()
    except OSError as error:
        raise Unavailable(
            f"The sweep {path} cannot be written ({error.strerror or error}): "
            "make its folder writable, with free space"
        ) from error
    finally:
        file.discard()


def _encoded(sweep: KeptSweep) -> bytes:
    tables = ((_PARAM, sweep.params), (_METRIC, sweep.metrics), (_STATISTIC, sweep.statistics))
    columns = {f"{kind}{name}": values for kind, table in tables for name, values in table.items()}
    metadata = {
        "schema": _SCHEMA,
        "sweep_id": sweep.sweep_id,
        "kept_at": sweep.kept_at.isoformat(),
        "summary": sweep.summary,
    }
    file = io.BytesIO()
    frame = pl.DataFrame([_series(name, values) for name, values in columns.items()])
    frame.write_parquet(file, compression="zstd", metadata={_METADATA: json.dumps(metadata)})
    return file.getvalue()


def _series(name: str, values: Sequence[int | float | None]) -> pl.Series:
    whole = all(value is None or isinstance(value, int) for value in values)
    return pl.Series(name, list(values), dtype=pl.Int64() if whole else pl.Float64(), strict=False)


def _decoded(content: bytes) -> KeptSweep:
    metadata = json.loads(pl.read_parquet_metadata(io.BytesIO(content))[_METADATA])
    if metadata["schema"] != _SCHEMA:
        raise ValueError(f"its schema is {metadata['schema']}, not {_SCHEMA}")
    frame = pl.read_parquet(content)
    return KeptSweep(
        sweep_id=metadata["sweep_id"],
        kept_at=datetime.fromisoformat(metadata["kept_at"]).astimezone(UTC),
        summary=metadata["summary"],
        params=_columns(frame, _PARAM),
        metrics=_columns(frame, _METRIC),
        statistics=_columns(frame, _STATISTIC),
    )


def _columns(frame: pl.DataFrame, kind: str) -> SetColumns:
    return {
        name.removeprefix(kind): tuple(frame.get_column(name).to_list())
        for name in frame.columns
        if name.startswith(kind)
    }
