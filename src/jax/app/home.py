"""Where Jax keeps what it writes on this machine."""

import os
from pathlib import Path

from jax.domain.errors import InvalidValue


def home_folder() -> Path:
    """JAX_HOME, or `jax` in the user's data folder; made with mode 0700 if missing.

    InvalidValue when it cannot be made or written, with the reason.
    """
    home = _named_home()
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_writable(home)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidValue(
            "JAX_HOME", f"{home} cannot be used ({reason}); name a folder you can write, with free space"
        ) from error
    return home


def _named_home() -> Path:
    named = os.environ.get("JAX_HOME")
    if named:
        return Path(named).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "jax"


def _check_writable(home: Path) -> None:
    probe = home / f".writable-{os.getpid()}"
    try:
        probe.write_bytes(b"x" * 4096)
    finally:
        probe.unlink(missing_ok=True)
