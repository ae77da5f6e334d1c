"""Another process that attaches: prints the URL, stays until its input ends or it is killed.

The arguments are the folder and, optionally, a program to leave behind that inherits whatever it can.
"""

import subprocess
import sys
from pathlib import Path

from jax.adapters.embedded_postgres import EmbeddedPostgresError, attach_embedded_postgres


def main() -> None:
    home, *left_behind = sys.argv[1:]
    try:
        with attach_embedded_postgres(Path(home)) as session:
            if left_behind:
                subprocess.Popen(left_behind, close_fds=False)
            say(session.url)
            sys.stdin.read()
    except EmbeddedPostgresError as error:
        say(f"refused: {error}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
