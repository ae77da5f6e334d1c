"""`jax demo` as a process, in a home of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jax.adapters.embedded_postgres import erase_embedded_postgres

_WITHIN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Demo:
    """Runs the demo on `home`; `environment` is added to a clean one."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        return subprocess.Popen(
            [sys.executable, "-m", "jax.app.cli", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**inherited, "JAX_HOME": str(self.home), **self.environment},
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments)
        out, err = process.communicate(timeout=_WITHIN_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def summary(self) -> dict[str, Any]:
        """The JSON object of a run that must succeed."""
        finished = self.run("--once", "--json")
        if finished.returncode != 0:
            raise AssertionError(f"jax demo failed:\n{finished.stderr}")
        document: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
        return document

    def erase(self) -> None:
        erase_embedded_postgres(self.home / "postgres")


def kill_after_line(process: "subprocess.Popen[str]", start: str) -> str:
    """Kills the process with SIGKILL as soon as it has said a line that starts so; returns what it said."""
    if process.stderr is None:
        raise AssertionError("started without a pipe")
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(start):
            break
    process.kill()
    process.communicate()
    return "".join(said)
