"""A file that is replaced at once and never read when its bytes are not those that were written.

Parquet's own checksums are optional and polars neither writes nor checks them: of files with one flipped bit
half gave other prices without a word, and some ended the process. So the digest is kept in a second file
and compared before polars sees a byte.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

_READINGS = 3


class DamagedFile(ValueError):
    """The bytes are not those that were written."""


class CheckedFile:
    """`path`, and beside it `path`.sha256 with the digests of its content: the last and the one before.

    Both digests are there before the content changes, so that a crash between the two leaves a pair that
    fits. One writer at a time, which is the caller's to see to; readers need no lock. OSError when the file
    system refuses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digests = path.with_name(f"{path.name}.sha256")
        self._staging = path.with_name(f".{path.name}.new")
        self._staged_digest = ""

    def read(self) -> bytes | None:
        """The content; None when there is no file; DamagedFile."""
        for _ in range(_READINGS):
            content = self._content()
            if content is None:
                return None
            digest = _digest(content)
            if digest in self._accepted():
                return content
            # Unless a writer came between the two readings, the next one ends alike.
        raise DamagedFile(f"its bytes hash to {digest}, which is not what {self._digests.name} says")

    def stage(self, content: bytes) -> None:
        """Writes `content` beside the file, durably."""
        self.path.parent.mkdir(exist_ok=True, mode=0o700)
        _write(self._staging, content)
        self._staged_digest = _digest(content)

    def commit(self) -> None:
        """What was staged takes the file's place."""
        before = self._content()
        digests = [self._staged_digest, *([] if before is None else [_digest(before)])]
        fresh = self._digests.with_name(f".{self._digests.name}.new")
        _write(fresh, "".join(f"{digest}\n" for digest in digests).encode())
        fresh.replace(self._digests)
        self._staging.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self) -> None:
        """Forgets what was staged, if it was not committed."""
        with suppress(OSError):
            self._staging.unlink(missing_ok=True)

    def _content(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def _accepted(self) -> list[str]:
        try:
            return self._digests.read_text(encoding="ascii", errors="replace").split()
        except FileNotFoundError as error:
            raise DamagedFile(f"{self._digests.name} is missing beside it") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
