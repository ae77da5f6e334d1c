"""The supervisor's process: `home wheel lock-descriptor boot-id`, started by `spawning.py`."""

import os
import sys
import time
from pathlib import Path

from jax.adapters.embedded_postgres.account import postgres_account
from jax.adapters.embedded_postgres.binaries import bin_dir_for
from jax.adapters.embedded_postgres.cluster import ensure_cluster
from jax.adapters.embedded_postgres.commands import PostgresCommands
from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError, naming_the_folder
from jax.adapters.embedded_postgres.file_lock import FileLock, wait_until
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.leftovers import clear_leftovers
from jax.adapters.embedded_postgres.place import Place, choose_place
from jax.adapters.embedded_postgres.report import Report
from jax.adapters.embedded_postgres.server_log import ServerLog
from jax.adapters.embedded_postgres.supervisor import Supervisor

_PREDECESSOR_SECONDS = 2.0


def main() -> None:
    """Serve until nobody is attached; the exit status is 1 after an error, which is reported and logged."""
    if os.fork() != 0:
        # Who started us waits for this parent only, and need not collect a child that outlives it.
        os._exit(0)
    home_path, wheel, descriptor, boot_id = sys.argv[1:]
    os.umask(0o077)
    home = Home(Path(home_path))
    boot_lock = FileLock.handed_over(int(descriptor))
    report = Report()
    log = ServerLog(home.log_file)
    try:
        with naming_the_folder(home.path):
            _serve(home, Path(wheel), Supervisor(home, boot_id=boot_id, report=report, log=log))
    except EmbeddedPostgresError as error:
        log.note(str(error))
        report.failed(str(error))
        sys.exit(1)
    except Exception as error:
        log.exception("The supervisor has a defect.")
        report.failed(f"The supervisor of the embedded Postgres has a defect: {error!r}")
        raise
    finally:
        # Before the clients' lock goes with the process: who gets that one must find no living supervisor.
        boot_lock.close()
        log.close()


def _serve(home: Home, wheel: Path, supervisor: Supervisor) -> None:
    account = postgres_account()
    place = choose_place(home, account)
    lock = _only_supervisor_of(place, home)
    try:
        commands = PostgresCommands(bin_dir_for(account, wheel), account, place.postgres_lock)
        clear_leftovers(place)
        ensure_cluster(place, commands)
        supervisor.run(place, commands)
    finally:
        lock.close()


def _only_supervisor_of(place: Place, home: Home) -> FileLock:
    lock = FileLock(place.cluster_lock)
    if wait_until(lock.try_exclusive, deadline=time.monotonic() + _PREDECESSOR_SECONDS):
        return lock
    lock.close()
    raise EmbeddedPostgresError(
        f"The database in {place.base} is served through another folder than {home.path}, probably the one "
        f"this was copied from: delete {home.instance_id_file} here to begin with an empty database."
    )


if __name__ == "__main__":
    main()
