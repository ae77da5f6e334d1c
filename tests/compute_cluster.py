"""A dask cluster of two workers on this machine, for tests that need a real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask
import distributed

_distributed: Any = distributed  # most of it is not typed


@contextmanager
def cluster_of_two() -> Iterator[Any]:
    """A client of the cluster, which listens on loopback only and gives a task up when its worker dies."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        _distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port: its own default is the same for all
            worker_dashboard_address=None,
        ) as local,
        _distributed.Client(local, set_as_default=False) as client,
    ):
        yield client
