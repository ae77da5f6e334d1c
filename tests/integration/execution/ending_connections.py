"""Ways in which a database ends while somebody commits: the server's own doing, not a pretended error."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Protocol

import asyncpg

from jax.ports.unit_of_work import Transaction, UnitOfWork
from tests.integration.postgres.cutting_proxy import CuttingProxy
from tests.postgres_server import run_sql

# Whoever has a transaction open, or else whoever will begin one next.
_NEXT = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    ORDER BY (state = 'idle in transaction') DESC, state_change DESC LIMIT 1
"""

_DIES_COMMITTING = """
    CREATE TABLE public.dying (is_on boolean NOT NULL);
    INSERT INTO public.dying VALUES (false);
    CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (SELECT is_on FROM public.dying) THEN
            PERFORM pg_terminate_backend(pg_backend_pid());
            PERFORM pg_sleep(10);
        END IF;
        RETURN NULL;
    END
    $$;
    CREATE CONSTRAINT TRIGGER die AFTER INSERT OR UPDATE ON trading.orders DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.die();
"""


class Ending(Enum):
    """What becomes of the connection when everything is written and the COMMIT comes next."""

    TERMINATED = "the server ends the connection before it hears of the commit"
    ANSWER_LOST = "the server commits, and the connection ends before its answer is heard"
    DIED_COMMITTING = "the server hears of the commit, and ends the connection within it"
    CRASHED = "the server crashes before it hears of the commit, and recovers"


class EndingUnitOfWork:
    """A UnitOfWork whose database ends at commit number `at` (from 1), or before anything leads to it."""

    def __init__(
        self, unit_of_work: UnitOfWork, at: int, ending: "DatabaseEnding", *, before: bool = False
    ) -> None:
        self._unit_of_work = unit_of_work
        self._at = at
        self._before = before
        self._ending = ending
        self.commits = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        self.commits += 1
        is_it = self.commits == self._at
        try:
            if is_it and self._before:
                await self._ending.come()
            async with self._unit_of_work.begin() as transaction:
                yield transaction
                if is_it and not self._before:
                    await self._ending.come()
        finally:
            await self._ending.be_over()


class DatabaseEnding(Protocol):
    """Comes once, and is over for the next transaction."""

    async def come(self) -> None: ...

    async def be_over(self) -> None: ...


class AnswerLost:
    """The line through which the stores speak is cut."""

    def __init__(self, proxy: CuttingProxy) -> None:
        self._proxy = proxy

    async def come(self) -> None:
        self._proxy.cuts_at_commit = True

    async def be_over(self) -> None:
        self._proxy.cuts_at_commit = False


class BackendEnds:
    """The only session with an open transaction ends: politely, or by a crash of the server."""

    def __init__(self, url: str, *, crashes: bool) -> None:
        self._url = url
        self._crashes = crashes

    async def come(self) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            (found,) = await connection.fetch(_NEXT)
            if self._crashes:
                # The others end with it: the memory that they share is suspect.
                os.kill(found["pid"], signal.SIGKILL)
            else:
                await connection.execute("SELECT pg_terminate_backend($1, 5000)", found["pid"])
        finally:
            # After a crash there is nobody to say goodbye to.
            connection.terminate()

    async def be_over(self) -> None:
        """A new connection is as good as any."""


def prepare_to_die_committing(url: str) -> None:
    """Whoever has written an order will die committing it, once that is switched on."""
    run_sql(url, _DIES_COMMITTING)


class DiesCommitting:
    """In a database that was prepared for it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def come(self) -> None:
        await asyncio.to_thread(run_sql, self._url, "UPDATE public.dying SET is_on = true")

    async def be_over(self) -> None:
        await asyncio.to_thread(run_sql, self._url, "UPDATE public.dying SET is_on = false WHERE is_on")
