"""The venue's file belongs to one thread; whoever needs it waits for its turn."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from jax.adapters.brokers.ib.venue_file import VenueFile
from jax.ports.errors import Unavailable

T = TypeVar("T")


class FileThread:
    """Opened by `open_venue_file`."""

    def __init__(self, thread: ThreadPoolExecutor, file: VenueFile) -> None:
        """`thread` has one worker."""
        self._thread = thread
        self._file = file

    async def run(self, call: Callable[[VenueFile], T]) -> T:
        """What `call` gives, once it is on disk; Unavailable when the file cannot be used."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call, self._file)
        except sqlite3.Error as error:
            raise Unavailable(f"the file of the ib venue cannot be used: {error}") from error


@asynccontextmanager
async def open_venue_file(path: Path) -> AsyncIterator[FileThread]:
    """The file at `path` (mode 0600, made if missing), closed at the end; Unavailable."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ib-venue") as thread:
        file = await loop.run_in_executor(thread, VenueFile, path)
        try:
            yield FileThread(thread, file)
        finally:
            await loop.run_in_executor(thread, file.close)
