"""Finished backtests in a folder for each, with its tables in Parquet files."""

import asyncio
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import polars as pl
from polars.exceptions import PolarsError

from jax.adapters.parquet.result_frames import frames_of, rows_of
from jax.adapters.parquet.run_encoding import StoredRun, decoded_run, encoded_run
from jax.adapters.parquet.writer_lock import writer_lock
from jax.domain.backtest_result import BacktestOrder, BacktestResult, BacktestTrade, EquityPoint
from jax.domain.canonical_json import sha256_of
from jax.ports.errors import NotFound, Unavailable
from jax.ports.run_store import ALL_ROWS, KeptRun, Rows, RunTable

_SUMMARY = "run.json"
_REPORT = "report.html"
_NAMED = 5
_Row = TypeVar("_Row")


class RunFiles:
    """A RunStore below the folder `root`, which is made when the first run is kept.

    A run is a folder of its id: run.json, report.html and a Parquet file a table; run.json has the hashes of
    them all. A folder is written under another name and renamed when it is whole and on the disk.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def keep(self, run: KeptRun, result: BacktestResult, report: bytes) -> None:
        """See RunStore."""
        async with writer_lock(self._root, what="runs"):
            await asyncio.to_thread(self._keep, run, result, report)

    async def get(self, run_id: str) -> KeptRun:
        """See RunStore."""
        return (await asyncio.to_thread(self._stored, run_id)).run

    async def newest(self, limit: int | None = None) -> Sequence[KeptRun]:
        """See RunStore."""
        return (await asyncio.to_thread(self._newest_first))[:limit]

    async def equity(self, run_id: str, rows: Rows = ALL_ROWS) -> Sequence[EquityPoint]:
        """See RunStore."""
        return await asyncio.to_thread(self._rows, run_id, RunTable.EQUITY, EquityPoint, rows)

    async def orders(self, run_id: str, rows: Rows = ALL_ROWS) -> Sequence[BacktestOrder]:
        """See RunStore."""
        return await asyncio.to_thread(self._rows, run_id, RunTable.ORDERS, BacktestOrder, rows)

    async def trades(self, run_id: str, rows: Rows = ALL_ROWS) -> Sequence[BacktestTrade]:
        """See RunStore."""
        return await asyncio.to_thread(self._rows, run_id, RunTable.TRADES, BacktestTrade, rows)

    async def arrow(self, run_id: str, table: RunTable) -> bytes:
        """See RunStore."""
        return await asyncio.to_thread(self._arrow, run_id, table)

    async def report(self, run_id: str) -> bytes:
        """See RunStore."""
        return await asyncio.to_thread(self._content, run_id, _REPORT)

    def report_location(self, run_id: str) -> str:
        """See RunStore."""
        return str(self._root / run_id / _REPORT)

    def _keep(self, run: KeptRun, result: BacktestResult, report: bytes) -> None:
        if (self._root / run.run_id).exists():
            return
        contents = {_file_of(table): _parquet(frame) for table, frame in frames_of(result).items()}
        contents[_REPORT] = report
        hashes = {name: sha256_of(content) for name, content in contents.items()}
        summary = encoded_run(run, hashes)
        staging = self._root / f".{run.run_id}.new"
        try:
            # Whoever was killed over it left it so: the lock is ours.
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=0o700)
            for name, content in {**contents, _SUMMARY: summary}.items():
                _write(staging / name, content)
            _sync_folder(staging)
            staging.rename(self._root / run.run_id)
            _sync_folder(self._root)
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            raise Unavailable(
                f"The run {run.run_id} cannot be kept in {self._root} ({error.strerror or error}): "
                "make the folder writable, with free space"
            ) from error

    def _newest_first(self) -> list[KeptRun]:
        found = []
        for name in (summary.parent.name for summary in self._root.glob(f"*/{_SUMMARY}")):
            try:
                if _is_id(name):
                    found.append(self._stored(name).run)
            except Unavailable:
                # Whoever asks for this very run is told what is wrong with it.
                continue
        return sorted(found, key=lambda run: (run.kept_at, run.run_id), reverse=True)

    def _stored(self, run_id: str) -> StoredRun:
        # An id is the name of a folder, and never a way out of this one.
        summary = self._root / run_id / _SUMMARY
        if not (_is_id(run_id) and summary.is_file()):
            raise NotFound(f"There is no run {run_id!r}{self._known()}")
        with self._readable(run_id):
            stored = decoded_run(summary.read_bytes())
            if stored.run.run_id != run_id:
                raise ValueError(f"it is the run {stored.run.run_id}")
            return stored

    def _known(self) -> str:
        newest = [f"{run.run_id} ({run.strategy})" for run in self._newest_first()[:_NAMED]]
        return f"; the newest are {', '.join(newest)}" if newest else ": none is kept yet"

    def _content(self, run_id: str, name: str) -> bytes:
        stored = self._stored(run_id)
        with self._readable(run_id):
            content = (self._root / run_id / name).read_bytes()
            if sha256_of(content) != stored.files[name]:
                raise ValueError(f"{name} is not what was written")
            return content

    def _rows(self, run_id: str, table: RunTable, kind: type[_Row], rows: Rows) -> list[_Row]:
        content = self._content(run_id, _file_of(table))
        with self._readable(run_id):
            return rows_of(kind, pl.read_parquet(content).slice(rows.start, rows.limit))

    def _arrow(self, run_id: str, table: RunTable) -> bytes:
        content = self._content(run_id, _file_of(table))
        stream = io.BytesIO()
        with self._readable(run_id):
            # Text as every reader of Arrow knows it.
            pl.read_parquet(content).write_ipc_stream(stream, compat_level=pl.CompatLevel.oldest())
        return stream.getvalue()

    @contextmanager
    def _readable(self, run_id: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError, ArithmeticError, PolarsError) as error:
            raise Unavailable(
                f"The run in {self._root / run_id} cannot be read ({error}): remove the folder and make the "
                "run again"
            ) from error


def _is_id(name: str) -> bool:
    return name.isalnum() and name.isascii()


def _file_of(table: RunTable) -> str:
    return f"{table.value}.parquet"


def _parquet(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd")
    return file.getvalue()


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
