"""Ways in which a database ends while somebody commits: the server's own doing, not a pretended error."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Protocol

import asyncpg

from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.integration.postgres.cutting_proxy import CuttingProxy

_IN_TRANSACTION = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'
"""


class Ending(Enum):
    """What becomes of the connection when everything is written and the COMMIT comes next."""

    TERMINATED = "the server ends the connection before it hears of the commit"
    ANSWER_LOST = "the server commits, and the connection ends before its answer is heard"
    CRASHED = "the server crashes before it hears of the commit, and recovers"


class EndingUnitOfWork:
    """A UnitOfWork whose database ends at commit number `at` (from 1; 0 never)."""

    def __init__(self, unit_of_work: UnitOfWork, at: int, ending: "DatabaseEnding") -> None:
        self._unit_of_work = unit_of_work
        self._at = at
        self._ending = ending
        self.commits = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        try:
            async with self._unit_of_work.begin() as transaction:
                yield transaction
                self.commits += 1
                if self.commits == self._at:
                    await self._ending.come()
        finally:
            self._ending.be_over()


class DatabaseEnding(Protocol):
    """Comes once, and is over for the next transaction."""

    async def come(self) -> None: ...

    def be_over(self) -> None: ...


class AnswerLost:
    """The line through which the stores speak is cut."""

    def __init__(self, proxy: CuttingProxy) -> None:
        self._proxy = proxy

    async def come(self) -> None:
        self._proxy.cuts_at_commit = True

    def be_over(self) -> None:
        self._proxy.cuts_at_commit = False


class BackendEnds:
    """The only session with an open transaction ends: politely, or by a crash of the server."""

    def __init__(self, url: str, *, crashes: bool) -> None:
        self._url = url
        self._crashes = crashes

    async def come(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            (found,) = await connection.fetch(_IN_TRANSACTION)
            if self._crashes:
                # The others end with it: the memory that they share is suspect.
                os.kill(found["pid"], signal.SIGKILL)
            else:
                await connection.execute("SELECT pg_terminate_backend($1, 5000)", found["pid"])
        finally:
            # After a crash there is nobody to say goodbye to.
            connection.terminate()

    def be_over(self) -> None:
        """A new connection is as good as any."""
