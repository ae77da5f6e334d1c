"""A passphrase comes from a file of its owner's or from a terminal, and from nowhere else."""

import io
import os
import pty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jax.app.approver import terminal
from jax.app.console import CommandFailed

KEY = Path("tessa")


def _file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "passphrase"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        (b"correct horse", b"correct horse"),
        (b"correct horse\n", b"correct horse"),
        (b"correct horse\r\n", b"correct horse"),
        # Only the end of one line goes: spaces may be part of it.
        (b" a \n\n", b" a \n"),
    ],
)
def test_the_file_holds_the_passphrase_without_its_line_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, passphrase: bytes
) -> None:
    monkeypatch.setenv("JAX_KEY_PASSPHRASE_FILE", str(_file(tmp_path, content)))
    assert terminal.passphrase_of(KEY) == passphrase
    assert terminal.new_passphrase(KEY) == passphrase


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644])
def test_a_file_that_is_open_to_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    path = _file(tmp_path, b"correct horse", mode)
    monkeypatch.setenv("JAX_KEY_PASSPHRASE_FILE", str(path))
    with pytest.raises(CommandFailed, match=f"mode 0{mode:o}.: run `chmod 600 {path}`") as refusal:
        terminal.passphrase_of(KEY)
    assert "correct horse" not in str(refusal.value)


def test_what_is_no_file_of_its_own_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(_file(tmp_path, b"correct horse"))
    os.mkfifo(pipe, 0o600)
    for path, problem in (
        (tmp_path / "no", "No such file"),
        (tmp_path, "Is a directory"),
        (link, "cannot be read"),
        (pipe, "is no regular file"),
    ):
        monkeypatch.setenv("JAX_KEY_PASSPHRASE_FILE", str(path))
        with pytest.raises(CommandFailed, match=problem):
            terminal.passphrase_of(KEY)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Types at a real terminal, which standard input is."""
    keyboard, screen = pty.openpty()
    with os.fdopen(screen, encoding="utf-8") as terminal_input:
        monkeypatch.setattr("sys.stdin", terminal_input)
        yield lambda text: _write(keyboard, text)
    os.close(keyboard)


def _write(keyboard: int, text: str) -> None:
    os.write(keyboard, text.encode())


# The last is the key for the end of the input.
@pytest.mark.parametrize("answer", ["no\n", "y\n", "YES\n", "\n", "yes please\n", "\x04"])
def test_only_yes_is_yes(typed: Callable[[str], None], answer: str) -> None:
    typed(answer)
    with pytest.raises(CommandFailed, match="nothing was signed: the answer was not yes"):
        terminal.confirm("Sure?", otherwise="pass --yes")


def test_yes_goes_on_and_the_question_is_not_on_standard_output(
    typed: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    typed("yes\n")
    terminal.confirm("Sure?", otherwise="pass --yes")
    assert capsys.readouterr() == ("", "Sure? [yes/no] ")


def test_a_yes_that_nobody_typed_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    with pytest.raises(CommandFailed, match=r"no terminal to answer at.*pass --yes"):
        terminal.confirm("Sure?", otherwise="pass --yes")
