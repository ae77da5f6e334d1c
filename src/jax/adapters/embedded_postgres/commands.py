"""Running Postgres's programs: as the right user, in an environment of our own, never outliving us."""

import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.embedded_postgres.account import Account
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError
from jax.adapters.embedded_postgres.file_lock import FileLock
from jax.adapters.embedded_postgres.parent_death import when_parent_dies

# Nothing of the caller's: PGHOST, PGOPTIONS, LC_ALL, TZ and LD_LIBRARY_PATH all change what Postgres does.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_PATIENCE_SECONDS = 120.0
_TAIL_LINES = 12


@dataclass(frozen=True, slots=True)
class PostgresCommands:
    bin_dir: Path
    account: Account | None
    lock_file: Path

    def start(
        self, program: str, arguments: Sequence[str], *, on_parent_death: signal.Signals, stdin: int
    ) -> subprocess.Popen[bytes]:
        """Start a program that holds the Postgres lock, as do its children, until the last one is gone."""
        lock = FileLock(self.lock_file)
        try:
            if not lock.try_exclusive():
                raise EmbeddedPostgresError(
                    f"Another Postgres works on the cluster of {self.lock_file.parent}."
                )
            account = self.account
            return subprocess.Popen(  # noqa: S603 - the wheel's own program, no shell
                [str(self.bin_dir / program), *arguments],
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=_ENVIRONMENT,
                umask=0o077,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                pass_fds=(lock.descriptor,),
                start_new_session=True,
                preexec_fn=when_parent_dies(on_parent_death),  # noqa: PLW1509 - the supervisor has one thread
            )
        finally:
            lock.close()

    def run(self, program: str, arguments: Sequence[str], *, stdin: str = "") -> None:
        """Run a program to its end; raises EmbeddedPostgresError with the last lines it printed."""
        process = self.start(program, arguments, on_parent_death=signal.SIGKILL, stdin=subprocess.PIPE)
        with process:
            try:
                printed, _ = process.communicate(stdin.encode(), timeout=_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired as error:
                process.kill()
                raise EmbeddedPostgresError(
                    f"Postgres's {program} did not finish within {_PATIENCE_SECONDS:.0f} seconds."
                ) from error
        if process.returncode != 0:
            tail = printed.decode(errors="replace").strip().splitlines()[-_TAIL_LINES:]
            raise EmbeddedPostgresError(
                f"Postgres's {program} failed with exit status {process.returncode}: make sure that the disk "
                "has free space, or set DATABASE_URL. It said: " + "\n".join(tail)
            )
