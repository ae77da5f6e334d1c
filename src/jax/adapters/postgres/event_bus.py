"""Hints by NOTIFY and LISTEN."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import ARRAY, Text, bindparam, func, select

from jax.adapters.postgres.connecting import DRIVER_ERRORS
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.session import Session
from jax.adapters.postgres.statement import Statement
from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.ports.errors import Unavailable

# Postgres cuts the names of channels at 63 bytes.
_TOPIC = re.compile(r"[a-z_]{1,50}")
_PREFIX = "jax_"


_PUBLISH = Statement(select(func.pg_notify(bindparam("channel"), bindparam("subject"))))


_SUBJECTS = func.unnest(bindparam("subjects", type_=ARRAY(Text))).table_valued("subject").render_derived()
_PUBLISH_ALL = Statement(select(func.pg_notify(bindparam("channel"), _SUBJECTS.c.subject)))


class PostgresEventPublisher:
    """Publishes within a transaction: Postgres delivers at its commit."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def publish(self, topic: str, *, subject: str) -> None:
        await self._session.write(_PUBLISH, channel=_channel(topic), subject=checks.text("subject", subject))

    async def publish_all(self, topic: str, *, subjects: Sequence[str]) -> None:
        channel, checked = _channel(topic), [checks.text("subject", subject) for subject in subjects]
        if checked:
            await self._session.execute(_PUBLISH_ALL, channel=channel, subjects=checked)


class PostgresEventBus:
    """Each subscription listens on a connection of its own."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    @asynccontextmanager
    async def subscribe(self, topic: str) -> AsyncIterator[AsyncIterator[str]]:
        channel = _channel(topic)
        heard: asyncio.Queue[str | None] = asyncio.Queue()
        connection = await self._database.connect_alone()

        def hear(_connection: object, _pid: int, _channel: str, subject: object) -> None:
            heard.put_nowait(str(subject))

        def stop(_connection: object) -> None:
            heard.put_nowait(None)

        try:
            connection.add_termination_listener(stop)
            await self._listen(connection, channel, hear)
            yield self._subjects(heard)
        finally:
            connection.terminate()

    async def _listen(self, connection: asyncpg.Connection, channel: str, hear: Any) -> None:
        try:
            await connection.add_listener(channel, hear)
        except DRIVER_ERRORS as error:
            raise Unavailable(f"The {self._database.address} did not take LISTEN: {error}.") from error

    async def _subjects(self, heard: asyncio.Queue[str | None]) -> AsyncIterator[str]:
        while (subject := await heard.get()) is not None:
            yield subject
        raise Unavailable(
            f"The connection to the {self._database.address} was lost: subscribe again, and look at what is "
            "stored, since hints may be missing."
        )


def _channel(topic: str) -> str:
    if _TOPIC.fullmatch(topic) is None:
        raise InvalidValue("topic", f"{topic!r} is not 1 to 50 characters of a-z and _")
    return _PREFIX + topic
