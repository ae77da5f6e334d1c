"""The git commit that sources on disk come from."""

import hashlib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

UNVERSIONED = "unversioned"
_LONGEST_SECONDS = 10.0
_SHA256_DIGITS = 64


def commit_of(sources: Mapping[Path, bytes]) -> str:
    """The last commit (40 or 64 hexadecimal digits) that changed any of `sources`, if what is checked out
    where they lie holds them with these very bytes; `unversioned` otherwise, and wherever git does not say.

    Not the commit that is checked out: one that changes other files is no reason for a new version.

    The bytes themselves are compared with the commit's, so that neither a change in between nor what git is
    told to overlook lends a commit to other code.
    """
    git = shutil.which("git")
    places = {path.resolve(): source for path, source in sources.items()}
    if git is None or not places:
        return UNVERSIONED
    try:
        first = next(iter(places))
        root, commit = _lines(git, first.parent, ["rev-parse", "--show-toplevel", "HEAD"])
        named = {path.relative_to(root).as_posix(): source for path, source in places.items()}
        listed = _lines(git, Path(root), ["ls-tree", "--full-tree", "-r", commit, "--", *named])
        (changed,) = _lines(git, Path(root), ["log", "-1", "--format=%H", commit, "--", *named])
    except (OSError, ValueError, subprocess.SubprocessError):
        # No checkout, somebody else's, one without a commit, sources in two of them: nothing to name.
        return UNVERSIONED
    blobs = {f"blob {_blob(source, commit)}\t{name}" for name, source in named.items()}
    return changed if blobs == {line.partition(" ")[2] for line in listed} else UNVERSIONED


def _lines(git: str, folder: Path, arguments: Sequence[str]) -> list[str]:
    done = subprocess.run(  # noqa: S603 - git itself, no shell
        [git, "-C", str(folder), "-c", "core.quotePath=false", *arguments],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=_LONGEST_SECONDS,
        check=True,
    )
    return done.stdout.decode().splitlines()


def _blob(source: bytes, commit: str) -> str:
    """The name that git gives to a file's content, by the hash that the repository is made with."""
    content = b"blob %d\0" % len(source) + source
    if len(commit) == _SHA256_DIGITS:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
