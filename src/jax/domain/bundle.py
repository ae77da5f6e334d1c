"""The exact source files of a strategy, hashed as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax.domain.canonical_json import Json, NotCanonical, canonical_bytes, sha256_of, strict_parse
from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file: a relative POSIX path below the import root, and its UTF-8 text."""

    path: str
    source: str

    def __post_init__(self) -> None:
        parts = self.path.split("/")
        if not self.path.endswith(".py") or any(not p or p.startswith(".") or "\\" in p for p in parts):
            raise InvalidValue("path", f"{self.path!r} is not a relative POSIX path of a Python file")


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
        """The bundle as one canonical JSON document, for the object store."""
        return canonical_bytes([{**_entry(file), "source": file.source} for file in self.files])


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
