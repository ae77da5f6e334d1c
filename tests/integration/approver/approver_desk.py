"""A desk of people with key files, and the real command in their hands."""

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import jax
from jax.adapters.postgres.database import PostgresDatabase
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.app.approver import cli
from jax.ports.unit_of_work import UnitOfWork
from tests.postgres_server import fresh_database

PASSPHRASE = "correct horse battery"
ROLES: Mapping[str, str] = {
    "victor": "VALIDATOR",
    "tessa": "TECHNICAL",
    "tim": "TECHNICAL,RISK",
    "rosa": "RISK",
    "carol": "COMPLIANCE",
    "rene": "RELEASE",
    "rolf": "REVOKER",
}
STRATEGY = "ma_crossover_v1"
FIRST = f"{STRATEGY}@1.0.0"
_SOURCES = Path(jax.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class ApproverDesk:
    """A home and a database (None: the embedded one); `variables` come on top of the environment."""

    home: Path
    database_url: str | None
    variables: Mapping[str, str] = field(default_factory=dict)

    def call(self, *arguments: str) -> Said:
        """Runs the command within this process, which saves a second."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as place, redirect_stdout(out), redirect_stderr(err):
            place.setattr(os, "environ", self.environment())
            place.setattr(sys, "argv", ["artifact-approver", *arguments])
            place.setattr(sys, "stdin", io.StringIO())
            try:
                cli.main()
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
        return Said(code, out.getvalue(), err.getvalue())

    def run(self, *arguments: str, typed: str = "") -> Said:
        """Runs the command as a process of its own, with `typed` on its standard input."""
        ended = subprocess.run(
            [sys.executable, "-m", "jax.app.approver.cli", *arguments],
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=self.environment(),
        )
        return Said(ended.returncode, ended.stdout, ended.stderr)

    def good(self, *arguments: str) -> Any:
        """What the command prints with --json; it must end well."""
        said = self.call(*arguments, "--json")
        assert said.code == 0, said
        return said.json

    def refused(self, *arguments: str, code: int = 3) -> str:
        """The one line on standard error of a command that ends with `code` and prints no result."""
        said = self.call(*arguments)
        assert said.code == code, said
        line = said.err.rstrip("\n").rpartition("\n")[2]
        assert line.startswith("artifact-approver: ")
        return line.removeprefix("artifact-approver: ")

    def approve(self, person: str, kind: str, artifact: str = FIRST, *, word: str = "approve") -> Any:
        """The person decides on what is displayed now."""
        shown = self.good("show", artifact)["displayed_sha256"]
        sure = ("--yes", "--displayed-sha256", shown)
        return self.good(word, artifact, "--as", person, "--type", kind, "--reason", "read it", *sure)

    def environment(self) -> dict[str, str]:
        """What the command is started with."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("JAX_", "DATABASE_"))
        }
        return {
            **kept,
            "JAX_HOME": str(self.home),
            **({} if self.database_url is None else {"DATABASE_URL": self.database_url}),
            "JAX_KEY_PASSPHRASE_FILE": str(self.home / "passphrase"),
            "PYTHONPATH": str(_SOURCES),
            "COLUMNS": "120",
            **self.variables,
        }

    @property
    def url(self) -> str:
        """Of a database that is not the embedded one."""
        return self.database_url or ""

    def stored(self, work: Any) -> Any:
        """What `work` gives of the desk's database."""

        async def run() -> Any:
            database = PostgresDatabase(self.url)
            try:
                unit_of_work: UnitOfWork = PostgresUnitOfWork(database)
                return await work(unit_of_work)
            finally:
                await database.close()

        return asyncio.run(run())


@contextmanager
def copy_of(desk: ApproverDesk, server_url: str, folder: Path) -> Iterator[ApproverDesk]:
    """A desk of its own that is as `desk` is now."""
    home = folder / "home"
    shutil.copytree(desk.home, home)
    with fresh_database(server_url, template=desk.database_url) as url:
        yield ApproverDesk(home, url)
