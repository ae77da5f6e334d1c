"""The process that a validator's run gets: what it is given, what it cannot reach, how it ends."""

import asyncio
import base64
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jax.app.research import rerun_process
from jax.ports.errors import Unavailable
from tests.architecture.checkout import SRC
from tests.integration.research.authored_artifacts import Authored, author_run, honest, rerun, stock


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    asyncio.run(stock(folder))
    return folder


@pytest.fixture(scope="module")
def authored(home: Path) -> Authored:
    return honest(author_run(home))


def instead_of_python(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


def test_a_process_that_dies_is_told_with_its_last_words(
    home: Path, tmp_path: Path, authored: Authored, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_python(tmp_path, monkeypatch, "echo 'no memory left' >&2; exit 7")
    with pytest.raises(Unavailable, match=r"ended with code 7 and no answer \(no memory left\)"):
        rerun(home, authored)


def test_the_process_gets_an_empty_folder_and_nothing_of_the_environment(
    home: Path, tmp_path: Path, authored: Authored, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("JAX_HOME", "PYTHONPATH", "DATABASE_URL"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("PYTHONHASHSEED", "4217")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    monkeypatch.delenv("LC_ALL", raising=False)
    said = tmp_path / "said"
    instead_of_python(
        tmp_path,
        monkeypatch,
        f"(pwd; echo $$; cut -d ' ' -f 6 /proc/$$/stat; ls -A; env) > {shlex.quote(str(said))}",
    )
    with pytest.raises(Unavailable, match="it said nothing"):
        rerun(home, authored)
    folder, process_id, session_id, *lines = said.read_text().splitlines()
    assert process_id == session_id
    given = dict(line.split("=", 1) for line in lines)
    assert not Path(folder).exists()
    assert (given["PYTHONHASHSEED"], given["TZ"], given["LC_ALL"]) == ("4218", "Asia/Kathmandu", "C")
    assert (given["HOME"], given["TMPDIR"]) == (folder, folder)
    assert not {"JAX_HOME", "PYTHONPATH", "DATABASE_URL"} & given.keys()


def test_the_hash_seed_that_is_given_counts(home: Path) -> None:
    interpreter, *flags = rerun_process._command(home)
    asked = [
        interpreter,
        *flags[: flags.index("-c")],
        "-c",
        "import sys; print(hash('bar'), sys.flags.safe_path)",
    ]

    def answer(seed: str) -> str:
        environment = {**rerun_process._environment(str(home)), "PYTHONHASHSEED": seed}
        return subprocess.run(asked, capture_output=True, text=True, check=True, env=environment).stdout

    assert answer("4217") == answer("4217") != answer("4218")
    assert answer("4217").endswith(" True\n")


def test_a_process_that_falls_silent_is_ended(
    home: Path, tmp_path: Path, authored: Authored, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_python(tmp_path, monkeypatch, "exec sleep 600")
    monkeypatch.setattr(rerun_process, "_SILENCE_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="said nothing for 0 s: look for a strategy that never returns"):
        rerun(home, authored)


def test_whoever_stops_listening_ends_the_process(
    home: Path, tmp_path: Path, authored: Authored, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead_of_python(tmp_path, monkeypatch, 'echo \'{"done":1,"total":2}\'; exec sleep 600')

    def stop(done: int, total: int) -> None:
        raise KeyError(done, total)

    with pytest.raises(KeyError):
        rerun(home, authored, stop)


def python(program: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        **more,
    )


@pytest.mark.parametrize(
    "escape",
    [
        "open('seen.txt', 'w')",
        "import os; os.open('seen.txt', os.O_CREAT)",
        "import os; os.listdir('.')",
        "import os; os.system('true')",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import ctypes; ctypes.CDLL(None)",
    ],
)
def test_a_sealed_process_reaches_nothing_outside(escape: str, tmp_path: Path) -> None:
    sealed = "import ctypes, socket, subprocess; from jax.app.research.sealed_process import seal_process"
    done = python(f"{sealed}; seal_process(); {escape}", cwd=tmp_path)
    assert "DoorShut: a strategy computes, and may not reach outside" in done.stderr
    assert list(tmp_path.iterdir()) == []


def worker_that_runs(expression: str, home: Path, authored: Authored) -> "subprocess.CompletedProcess[str]":
    """The worker with `expression` in the place of the artifact's code."""
    documents = {
        "payload": authored.payload.encoded(),
        "bundle": authored.bundle.encoded(),
        "golden_suite": authored.golden_suite,
    }
    program = (
        "import sys; import jax.app.research.rerun_worker as worker; "
        f"worker.rerun_backtest = lambda *_: {expression}; "
        f"sys.argv[1:] = [{str(home)!r}]; worker.main()"
    )
    job = json.dumps({name: base64.b64encode(text).decode() for name, text in documents.items()})
    return python(program, input=job)


def test_the_worker_is_sealed_before_the_artifacts_code_runs(home: Path, authored: Authored) -> None:
    answer = json.loads(worker_that_runs("open('seen.txt', 'w')", home, authored).stdout)
    assert answer["error"] == "DoorShut"


def test_what_the_artifacts_code_prints_is_no_answer(home: Path, authored: Authored) -> None:
    done = worker_that_runs("(print('noise', flush=True), 1 / 0)", home, authored)
    assert done.stderr == "noise\n"
    assert json.loads(done.stdout) == {"error": "ZeroDivisionError", "sentence": "division by zero"}


def test_an_error_of_many_lines_becomes_one_sentence(home: Path, authored: Authored) -> None:
    raising = "(_ for _ in ()).throw(ValueError('first,\\n  then ' + 'more ' * 9_000))"
    sentence = json.loads(worker_that_runs(raising, home, authored).stdout)["sentence"]
    assert sentence.startswith("first, then more more")
    assert len(sentence) <= 2_000
