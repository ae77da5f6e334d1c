"""Who runs Postgres: the caller, or `nobody` when the caller is root, whom Postgres refuses."""

import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.embedded_postgres.errors import EmbeddedPostgresError


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    name: str


def postgres_account() -> Account | None:
    """The account to drop to under root; None for an ordinary user, who runs Postgres as themselves."""
    if os.geteuid() != 0:
        return None
    try:
        # initdb insists on a passwd entry, so a bare number would not do.
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise EmbeddedPostgresError(
            "Postgres refuses to run as root and this system has no user nobody to run it: "
            "run Jax as an ordinary user, or set DATABASE_URL."
        ) from error
    account = Account(uid=entry.pw_uid, gid=entry.pw_gid, name=entry.pw_name)
    _check_can_become(account)
    return account


def _check_can_become(account: Account) -> None:
    try:
        with acting_as(account):
            pass
    except OSError as error:
        raise EmbeddedPostgresError(
            f"Postgres refuses to run as root, and root may not become user {account.name} here "
            f"({error.strerror}): run Jax as an ordinary user, or set DATABASE_URL."
        ) from error


@contextmanager
def acting_as(account: Account) -> Iterator[None]:
    """Be `account` for the block's file accesses. Changes the whole process: single-threaded callers only."""
    groups = os.getgroups()
    try:
        os.setgroups([])
        os.setegid(account.gid)
        os.seteuid(account.uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def can_enter(account: Account, folder: Path) -> bool:
    """Whether `account` can pass through every folder down to and including `folder`."""
    with acting_as(account):
        try:
            (folder / ".").stat()
        except OSError:
            return False
        return True


def can_read(account: Account, files: Sequence[Path]) -> bool:
    """Whether `account` can read every one of `files`."""
    with acting_as(account):
        try:
            for file in files:
                file.open("rb").close()
        except OSError:
            return False
        return True


def account_name(uid: int) -> str:
    """The login name of `uid`, or the number itself when the system knows no name for it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
