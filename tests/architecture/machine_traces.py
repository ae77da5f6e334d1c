"""Traces of one machine, or of one package registry, in files that go to every machine."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Taken apart, so that this file does not hold what it looks for.
_HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "anaconda" + ".org", "conda" + ".io")
_HOMES = ("root", "work", "home", "tmp", "Users")
_TRACE = re.compile(
    "|".join(re.escape(host) for host in _HOSTS)
    # An absolute path, not the tail of a relative one or of a URL.
    + rf"|(?<![\w./~$)}}\]-])/(?:{'|'.join(_HOMES)})/\w"
    + r"|\b[A-Z]:\\Users\b"
)
_NOT_OURS = frozenset({"__pycache__", "node_modules", "dist", "_build"})


def traces(text: str) -> Iterator[str]:
    """Yield `line number: line` for each line that names a registry's host or a path of one machine."""
    for number, line in enumerate(text.splitlines(), start=1):
        if _TRACE.search(line):
            yield f"{number}: {line.strip()}"


def project_files(root: Path) -> list[Path]:
    """Return the files under version control, or all but the generated ones where git cannot say.

    Git cannot say in an unpacked archive, and in a checkout that belongs to another user.
    """
    git = shutil.which("git")
    if git:
        listed = subprocess.run([git, "ls-files", "-z"], cwd=root, capture_output=True, check=False)
        if listed.returncode == 0 and listed.stdout:
            names = os.fsdecode(listed.stdout).split("\0")
            return [root / name for name in names if name and (root / name).is_file()]
    return list(_files_below(root))


def _files_below(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _NOT_OURS and (name == ".ci" or name[0] != ".")]
        yield from (Path(folder, name) for name in files)
