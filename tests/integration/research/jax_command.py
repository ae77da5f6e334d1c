"""`jax` in this process, as its console script starts it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jax.app import cli


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


Jax = Callable[..., Ended]


def jax_on(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Jax:
    """The command on `home`, whose call with its arguments tells how it ended."""
    monkeypatch.setenv("JAX_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")

    def ended(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["jax", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        said = capsys.readouterr()
        return Ended(int(stopped.value.code or 0), said.out, said.err)

    return ended
