"""What is asked of the person at the terminal. Secrets come neither from the command line nor into a log."""

import getpass
import os
import signal
import stat
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jax.app.console import CommandFailed

VARIABLE = "JAX_KEY_PASSPHRASE_FILE"
_LONGEST = 4096


def confirm(question: str, *, otherwise: str) -> None:
    """Goes on only for `yes`, typed at a terminal; CommandFailed, which without one names `otherwise`."""
    if not sys.stdin.isatty():
        raise CommandFailed(f"there is no terminal to answer at, and nothing was signed: {otherwise}")
    sys.stderr.write(f"{question} [yes/no] ")
    sys.stderr.flush()
    with _interruptible():
        answer = sys.stdin.readline().strip()
    if answer != "yes":
        raise CommandFailed("nothing was signed: the answer was not yes")


def passphrase_of(path: Path) -> bytes:
    """The passphrase that opens the key file `path`, from the file of JAX_KEY_PASSPHRASE_FILE or typed."""
    named = os.environ.get(VARIABLE)
    return _from_file(Path(named)) if named else _typed(f"Passphrase of {path}: ")


def new_passphrase(path: Path) -> bytes:
    """The passphrase for a new key file, typed twice unless it is in the file of JAX_KEY_PASSPHRASE_FILE."""
    named = os.environ.get(VARIABLE)
    if named:
        return _from_file(Path(named))
    first = _typed(f"New passphrase for {path}: ")
    if _typed("The same again: ") != first:
        raise CommandFailed("the two passphrases are not the same: nothing was written")
    return first


def _from_file(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise CommandFailed(f"{VARIABLE}: {path} is no regular file")
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CommandFailed(
                    f"{VARIABLE}: {path} is open to other users (mode "
                    f"{stat.S_IMODE(status.st_mode):04o}): run `chmod 600 {path}`"
                )
            content = file.read(_LONGEST)
    except OSError as error:
        raise CommandFailed(f"{VARIABLE}: {path} cannot be read ({error.strerror or error})") from error
    # An editor ends the line; the passphrase does not hold that end.
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _typed(prompt: str) -> bytes:
    with warnings.catch_warnings(), _interruptible():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            return getpass.getpass(prompt).encode()
        except (getpass.GetPassWarning, EOFError) as error:
            raise CommandFailed(
                f"there is no terminal to type the passphrase at: name a file that holds it, of mode 0600, "
                f"in {VARIABLE}"
            ) from error


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends the question: the event loop would only note it, and go on waiting for the answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
