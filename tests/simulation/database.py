"""The memory stores as a server, reached over connections that break; it may forget what it committed."""

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

from jax.adapters.memory.database import MemoryDatabase
from jax.adapters.memory.session import Session
from jax.adapters.memory.state import State
from jax.adapters.memory.unit_of_work import MemoryTransaction, _transaction
from jax.ports.errors import OutcomeUnknown, PortError, Unavailable
from jax.ports.unit_of_work import Transaction
from tests.simulation.virtual_loop import VirtualLoop

_LOCK_TIMEOUT_SECONDS = 60.0
_STORES = (
    "artifacts",
    "releases",
    "signals",
    "orders",
    "controls",
    "running",
    "requests",
    "bars",
    "reference",
    "audit",
)


class Surroundings(Protocol):
    """What the world gives to its parts."""

    loop: VirtualLoop

    def chance(self, probability: float) -> bool: ...

    def seconds(self, most: float) -> float: ...

    def note(self, text: str) -> None: ...

    async def may_crash(self, where: str) -> None: ...


class DatabaseTrouble(Protocol):
    """The part of the possibilities that the database has."""

    @property
    def statement_pause(self) -> float: ...

    @property
    def statement_loss(self) -> float: ...

    @property
    def commit_loss(self) -> float: ...


class SimulatedDatabase(MemoryDatabase):
    """Remembers its last commits, so that it can lose them, and tells of each one.

    A writer that waits longer than a minute for its turn gives up, as a statement on Postgres does.
    """

    loses_commits = False  # of the last ones, when a standby takes over

    def __init__(self, state: State, around: Surroundings) -> None:
        super().__init__()
        self.committed = state
        self.is_down = False
        self.history: deque[State] = deque(maxlen=4)
        self.on_commit: Callable[[State, State], None] = lambda _before, _after: None
        self._around = around
        self.open_sessions: dict[Session, None] = {}
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take_turn(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        turn: asyncio.Future[None] = self._around.loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(_LOCK_TIMEOUT_SECONDS):
                await turn
        except BaseException as error:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self.give_turn()
            if isinstance(error, TimeoutError):
                raise Unavailable("another transaction has held the lock for a minute") from error
            raise

    def give_turn(self) -> None:
        self._is_taken = bool(self._waiting)
        if self._waiting:
            self._waiting.popleft().set_result(None)

    def break_connections(self) -> None:
        """Every open transaction is rolled back; its client hears of it at its next statement."""
        self.generation += 1
        for session in list(self.open_sessions):
            session.close()
        self.open_sessions.clear()

    def lose_last_commits(self, count: int) -> None:
        """A standby that had not heard of them takes over."""
        self.break_connections()
        for _ in range(min(count, len(self.history))):
            self.committed = self.history.pop()


class Connection:
    """One transaction of one client."""

    def __init__(self, database: SimulatedDatabase, around: Surroundings, trouble: DatabaseTrouble) -> None:
        self._database = database
        self._around = around
        self._trouble = trouble
        self._generation = database.generation
        self._is_committing = False
        self.session = Session(database)
        database.open_sessions[self.session] = None

    @property
    def is_broken(self) -> bool:
        return self._database.is_down or self._generation != self._database.generation

    async def before_statement(self) -> None:
        around, trouble = self._around, self._trouble
        if around.chance(trouble.statement_pause):
            await asyncio.sleep(around.seconds(0.02))
        if self.is_broken or around.chance(trouble.statement_loss):
            self._generation = -1
            raise Unavailable("the connection to the database is gone")

    async def commit(self) -> None:
        """Travels to the server, is done there whatever becomes of the client, and travels back."""
        around = self._around
        await around.may_crash("before a commit")
        if self.is_broken:
            raise Unavailable("the connection to the database is gone")
        answered: asyncio.Future[bool] = around.loop.create_future()
        self._is_committing = True
        around.loop.at(around.loop.time() + around.seconds(0.004), lambda: self._at_the_server(answered))
        if not await answered:
            raise OutcomeUnknown("the connection was lost during the commit")
        await around.may_crash("after a commit")

    def close(self) -> None:
        if not self._is_committing:
            self._end()

    def _end(self) -> None:
        self._database.open_sessions.pop(self.session, None)
        self.session.close()

    def _at_the_server(self, answered: "asyncio.Future[bool]") -> None:
        around, database = self._around, self._database
        is_lost = around.chance(self._trouble.commit_loss)
        is_done = not self.is_broken and not (is_lost and around.chance(0.5))
        before = database.committed
        try:
            if is_done:
                self.session.commit()
        except PortError as error:
            if not answered.done():
                answered.set_exception(error)
        self._end()
        if database.committed is not before:
            database.history.append(before)
            database.on_commit(before, database.committed)
        is_certain = is_done and not is_lost
        around.loop.at(around.loop.time() + around.seconds(0.004), lambda: _answer(answered, is_certain))


def _answer(answered: "asyncio.Future[bool]", is_certain: bool) -> None:
    if not answered.done():
        answered.set_result(is_certain)


class _Statements:
    """A store of a transaction, each of whose calls is a statement on the connection."""

    def __init__(self, store: object, connection: Connection) -> None:
        self._store = store
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        if not inspect.iscoroutinefunction(call):
            return call  # what the client knows by itself

        async def statement(*args: Any, **kwargs: Any) -> Any:
            await self._connection.before_statement()
            return await call(*args, **kwargs)

        setattr(self, name, statement)
        return statement


class _SlowTransaction:
    """The stores of a transaction, each made when it is asked for."""

    def __init__(self, real: MemoryTransaction, connection: Connection) -> None:
        self._real = real
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        store = getattr(self._real, name)
        if name in _STORES:
            store = _Statements(store, self._connection)
        setattr(self, name, store)
        return store


class SimulatedUnitOfWork:
    """Opens transactions of one client on the simulated server."""

    def __init__(
        self, database: SimulatedDatabase, around: Surroundings, trouble: Callable[[], DatabaseTrouble]
    ) -> None:
        self._database = database
        self._around = around
        self._trouble = trouble

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        await self._around.may_crash("before a transaction")
        if self._database.is_down:
            raise Unavailable("the database cannot be reached")
        connection = Connection(self._database, self._around, self._trouble())
        try:
            yield cast("Transaction", _SlowTransaction(_transaction(connection.session), connection))
            await connection.commit()
        finally:
            connection.close()
