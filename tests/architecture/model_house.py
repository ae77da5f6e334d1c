"""A house of few rooms that keeps every import rule, for planting violations in.

The rules are tried on this tree and not on a copy of `src/jax`, so that the trials do not depend on what
the platform happens to contain; brokers and agents stand here before they stand there.
"""

from collections.abc import Mapping
from pathlib import Path

KEPT: Mapping[str, str] = {
    "domain/canonical_json.py": "import rfc8785",
    "domain/order.py": "import decimal",
    "domain/strategies/moving_average.py": "from jax.domain import order",
    "ports/broker.py": "from jax.domain import order",
    "ports/clock.py": "import datetime",
    "modules/artifacts/load_artifact.py": "from jax.domain import canonical_json",
    "modules/bridge/bridge_desk.py": "from jax.ports import broker, clock",
    "modules/execution/submit_order.py": "from jax.ports import broker, clock",
    "modules/market_data/import_bars.py": "from jax.ports import clock",
    "modules/orchestration/run_cycle.py": "import asyncio",
    "modules/risk/limit_loss.py": "import decimal",
    "modules/shadow/compare_decisions.py": "import decimal",
    "modules/signals/generate_signal.py": "from jax.domain.strategies import moving_average",
    "modules/backtest/sweep.py": "import numpy\nfrom jax.domain import order",
    "modules/portfolio/optimise.py": "import scipy.optimize",
    "adapters/agents/client.py": "import httpx",
    "adapters/brokers/bridge/bridge_client.py": "from jax.adapters.brokers.bridge import client",
    "adapters/brokers/bridge/bridge_reader.py": "from jax.ports import broker",
    "adapters/brokers/bridge/client.py": "import aiohttp\nfrom jax.ports import broker",
    "adapters/brokers/ccxt/client.py": "import ccxt\nfrom jax.ports import broker",
    "adapters/brokers/ib/client.py": "import ib_async\nfrom jax.ports import broker",
    "adapters/brokers/paper.py": "from jax.ports import broker",
    "adapters/calendars.py": "import exchange_calendars",
    "adapters/compute/kernels.py": "import dask, distributed, numba",
    "adapters/ed25519.py": "import cryptography.exceptions\nfrom jax.ports import broker",
    "adapters/gate_files.py": "import os\nfrom jax.ports import clock",
    "adapters/memory.py": "from jax.ports import broker",
    "adapters/parquet/bars.py": "import polars",
    "adapters/postgres/orders.py": "import sqlalchemy, alembic, asyncpg\nfrom jax.ports import clock",
    "adapters/report.py": "import html",
    "adapters/sample_data.py": "import bokeh_sampledata",
    "adapters/system.py": "import time",
    "app/cli.py": "import typer",
    "app/settings.py": "import pydantic_settings",
    "app/agent_wiring.py": "from jax.adapters.agents import client",
    "app/bridge/server.py": "from jax.app.bridge import wiring\nfrom jax.modules.bridge import bridge_desk",
    "app/bridge/wiring.py": "from jax.adapters.brokers.ib import client",
    "app/http/guard.py": "import fastapi.responses, starlette.types",
    "app/http/serving.py": "import uvicorn",
    "app/demo/cli.py": "from jax.app.trader import wiring\nfrom jax.app.research import wiring as research",
    "app/research/cli.py": "import typer\nfrom jax.app.research import wiring",
    "app/research/wiring.py": (
        "from jax.adapters import calendars, compute, parquet, postgres, report, sample_data\n"
        "from jax.modules.backtest import sweep\nfrom jax.modules.portfolio import optimise"
    ),
    "app/trader/cli.py": "import typer",
    "app/trader/database_wiring.py": "from jax.adapters.postgres import orders",
    "app/trader/server.py": "from jax.app.http import serving\nfrom jax.app.trader.http import app",
    "app/trader/service.py": "from jax.modules.execution import submit_order",
    "app/trader/shadow_wiring.py": (
        "from jax.adapters.brokers.bridge import bridge_reader\nfrom jax.app.trader import service"
    ),
    "app/trader/wiring.py": (
        "from jax.adapters import brokers, ed25519, gate_files, system\n"
        "from jax.adapters.brokers import paper\n"
        "from jax.app import settings\nfrom jax.app.trader import database_wiring, service"
    ),
    "app/research/http/app.py": "import fastapi\nfrom jax.app.http import guard",
    "app/research/server.py": "from jax.app.http import serving\nfrom jax.app.research.http import app",
    "app/trader/http/app.py": (
        "import fastapi, starlette.responses\n"
        "from jax.app.http import guard\nfrom jax.app.trader import service"
    ),
}


def build(root: Path, planted: Mapping[str, str]) -> None:
    """Write the house to `root`/jax, with the `planted` files (path below jax to source) over its own."""
    for path, source in {**KEPT, **planted}.items():
        file = root / "jax" / path
        for package in (file.parent, *file.parent.relative_to(root).parents):
            folder = root / package
            if folder != root:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "__init__.py").touch()
        file.write_text(source + "\n", encoding="utf-8")
