"""The one error of this package."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class EmbeddedPostgresError(RuntimeError):
    """The embedded database cannot be had. The message names the thing and the remedy, never the password."""


@contextmanager
def naming_the_folder(folder: Path) -> Iterator[None]:
    """Turn an operating system's refusal inside the block into one sentence about `folder`."""
    try:
        yield
    except OSError as error:
        where = error.filename or folder
        raise EmbeddedPostgresError(
            f"The embedded Postgres cannot use its folder {folder} ({where}: {error.strerror or error}): "
            "make it a writable folder with free space, or set DATABASE_URL."
        ) from error
