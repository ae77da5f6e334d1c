"""The exact source files of a strategy, hashed as one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jax.domain.canonical_json import (
    LARGEST_DOCUMENT_BYTES,
    Json,
    NotCanonical,
    canonical_bytes,
    sha256_of,
    strict_parse,
)
from jax.domain.errors import InvalidValue

_PATH = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*/)*[A-Za-z_][A-Za-z0-9_]*\.py")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: its POSIX path below the import root, every part an identifier, and its UTF-8 text."""

    path: str
    source: str

    def __post_init__(self) -> None:
        # Identifiers only: a file `a.b.py` would be the same module as `a/b.py`, and one of them would run.
        if _PATH.fullmatch(self.path) is None:
            raise InvalidValue(
                "path", f"{self.path!r} is not the relative POSIX path of a Python module, such as a/b.py"
            )


@dataclass(frozen=True, slots=True)
class Bundle:
    """Every file that a strategy runs, sorted by path."""

    files: tuple[SourceFile, ...]

    def __post_init__(self) -> None:
        paths = [file.path for file in self.files]
        if not paths or paths != sorted(set(paths)):
            raise InvalidValue("files", "must be at least one, sorted by path, each path once")

    @property
    def sha256(self) -> str:
        """Hash over the canonical list of path, hash and size of each file."""
        return sha256_of(canonical_bytes([_entry(file) for file in self.files]))

    def encoded(self) -> bytes:
        """The bundle as one canonical JSON document, for the object store.

        InvalidValue when it is longer than a document may be: nothing could read it back.
        """
        document = canonical_bytes([{**_entry(file), "source": file.source} for file in self.files])
        if len(document) > LARGEST_DOCUMENT_BYTES:
            raise InvalidValue(
                "bundle", f"has {len(document)} bytes, more than the {LARGEST_DOCUMENT_BYTES} allowed"
            )
        return document


def bundle_of(files: Sequence[SourceFile]) -> Bundle:
    """A bundle of `files` in any order."""
    return Bundle(tuple(sorted(files, key=lambda file: file.path)))


def decode_bundle(document: bytes) -> Bundle:
    """The bundle that `encoded` wrote; InvalidValue when the document is anything else."""
    try:
        entries = strict_parse(document)
    except NotCanonical as error:
        raise InvalidValue("bundle", str(error)) from error
    if not isinstance(entries, list):
        raise InvalidValue("bundle", "is not a list of files")
    bundle = Bundle(tuple(_file_of(entry) for entry in entries))
    if bundle.encoded() != document:
        raise InvalidValue("bundle", "a file's recorded hash or size is not that of its source")
    return bundle


def _entry(file: SourceFile) -> dict[str, Json]:
    source = file.source.encode()
    return {"path": file.path, "sha256": sha256_of(source), "size": len(source)}


def _file_of(entry: Json) -> SourceFile:
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("path"), str)
        or not isinstance(entry.get("source"), str)
    ):
        raise InvalidValue("bundle", "an entry has no path or no source")
    return SourceFile(entry["path"], entry["source"])
