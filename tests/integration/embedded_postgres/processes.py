"""Real processes around an embedded Postgres: clients, its supervisor, its server."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import ClassVar

import asyncpg

from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.place import place_of
from tests.architecture.checkout import SRC

SCRIPT = Path(__file__).with_name("attached_process.py")
PATIENCE_SECONDS = 60.0
MARKS = count(1)


class Client:
    """A process that is attached, or was refused: `said` is the URL or the refusal."""

    # For the fixtures that end what a test leaves.
    started: ClassVar[list["Client"]] = []

    @classmethod
    def kill_all(cls) -> None:
        while cls.started:
            cls.started.pop().kill()

    def __init__(
        self,
        home: Path,
        *left_behind: str,
        env: Mapping[str, str] | None = None,
        python: Sequence[str] = (sys.executable,),
        uid: int | None = None,
    ) -> None:
        self._process = subprocess.Popen(
            [*python, str(SCRIPT), str(home), *left_behind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SRC), **(env or {})},
            cwd="/",
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )
        if self._process.stdout is None:
            raise TypeError("stdout is a pipe")
        self._output = self._process.stdout
        self._line: str | None = None
        self.started.append(self)

    @property
    def said(self) -> str:
        """Wait for its line."""
        if self._line is None:
            self._line = self._output.readline().strip()
        return self._line

    def leave(self) -> str:
        """Let it end by itself, and return what else it and its heirs wrote until the last of them closed."""
        rest, _ = self._process.communicate(timeout=PATIENCE_SECONDS)
        return rest

    def kill(self) -> None:
        """Kill it as SIGKILL does; harmless when it has ended."""
        self._process.kill()
        if not self._output.closed:
            self._process.communicate()


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` holds; how long it takes on a busy machine proves nothing."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never happened: {what}")
        time.sleep(0.02)


def base_of(home: Path) -> Path:
    """Where the cluster lies: under root perhaps not in `home`."""
    return place_of(Home(home)).base


def processes_of(home: Path) -> dict[int, str]:
    """Living processes that work on this database by their command lines: supervisors, servers, initdb."""
    folders = (str(home), str(base_of(home)))
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if any(folder in command for folder in folders) and SCRIPT.name not in command:
                found[int(entry.name)] = command
    return found


def running(home: Path, part: str) -> list[int]:
    """Those of them that show `part`."""
    return [pid for pid, command in processes_of(home).items() if part in command]


def supervisors(home: Path) -> list[int]:
    return running(home, "embedded_postgres.__main__")


def postmasters(home: Path) -> list[int]:
    """Servers, without the children that they have just forked and that look the same for a moment."""
    found = running(home, "/postgres -D")
    return [pid for pid in found if parent_of(pid) not in found]


def parent_of(pid: int) -> int:
    """0 for a process that is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def kill(pid: int) -> None:
    """Kill a process that may be ending by itself."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def stop(home: Path) -> None:
    """Stop the server in order, without waiting for it to find out that nobody is attached."""
    for pid in supervisors(home):
        os.kill(pid, signal.SIGTERM)
    eventually(lambda: not processes_of(home), "the end of all processes")


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def fetch(url: str, query: str) -> object:
    """One value, over a connection of its own."""
    return asyncio.run(_fetch(url, query))


async def _fetch(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def leave_mark(url: str) -> str:
    """Commit something that no earlier test did, and return the query that finds it."""
    mark = next(MARKS)
    fetch(url, "CREATE TABLE IF NOT EXISTS mark (number int)")
    fetch(url, f"INSERT INTO mark VALUES ({mark})")
    return f"SELECT count(*) FROM mark WHERE number = {mark}"


def fetch_again(url: str, query: str) -> object:
    """One value, as soon as the server takes connections again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return fetch(url, query)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if time.monotonic() > deadline:
                raise


def log_of(home: Path) -> str:
    return (home / "postgres.log").read_text(encoding="utf-8")
