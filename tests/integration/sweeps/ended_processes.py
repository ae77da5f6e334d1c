"""Works with two processes until somebody ends it; each worker leaves a file of its process id.

`python -m tests.integration.sweeps.ended_processes FOLDER`
"""

import os
import sys
import time
from pathlib import Path

from jax.adapters.compute.process_workers import ProcessWorkers


def waiting(shared: Path, task: int) -> int:
    (shared / str(os.getpid())).touch()
    time.sleep(1.0)
    return task


def main() -> None:
    assert len(list(ProcessWorkers(2).run(waiting, Path(sys.argv[1]), range(1_000)))) == 1_000


if __name__ == "__main__":
    main()
