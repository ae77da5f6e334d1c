"""What the research server really loads: no broker, no trader."""

import json
import subprocess

from tests.architecture.checkout import ROOT, SRC, environment_with, python_command

SERVER = ("jax.app.research.server", "jax.app.research.cli", "jax.app.research.submission_worker")
BROKERS = ("jax.adapters.brokers", "jax.app.trader", "jax.app.bridge", "ib_async", "ccxt")


def test_the_research_server_loads_neither_broker_nor_trader() -> None:
    done = subprocess.run(
        python_command(
            "-c", f"import {', '.join(SERVER)}, json, sys; print(json.dumps(sorted(sys.modules)))"
        ),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment_with(SRC),
        text=True,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])
    assert "jax.app.research.http.app" in loaded
    assert [name for name in loaded if name.startswith(BROKERS)] == []


def test_a_backtests_process_loads_no_database() -> None:
    done = subprocess.run(
        python_command(
            "-c",
            "import jax.app.research.submission_worker, jax.app.research.rerun_worker, json, sys; "
            "print(json.dumps(sorted(sys.modules)))",
        ),
        capture_output=True,
        check=True,
        cwd=ROOT,
        env=environment_with(SRC),
        text=True,
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}
    assert not loaded & {"asyncpg", "fastapi", "sqlalchemy", "uvicorn"}
