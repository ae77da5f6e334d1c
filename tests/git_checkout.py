"""Makes a folder a git checkout, whatever git is told on this machine."""

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """What git answers in `folder`."""
    settings = (
        "user.name=Avery",
        "user.email=avery@localhost",
        "commit.gpgSign=false",
        "core.autocrlf=false",
    )
    options = [part for setting in settings for part in ("-c", setting)]
    done = subprocess.run(
        ["git", "-C", str(folder), *options, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def committed(folder: Path, *, object_format: str = "sha1") -> str:
    """Commits everything in `folder`, which becomes a checkout, and returns the commit."""
    git(folder, "init", "--quiet", f"--object-format={object_format}")
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--no-verify", "--message=all")
    return git(folder, "rev-parse", "HEAD")
