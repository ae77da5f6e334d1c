"""One violation, or several, of each import rule, to be planted in the model house."""

from collections.abc import Mapping
from typing import NamedTuple

RESEARCH_PACKAGES = (
    *(
        "bokeh_sampledata",
        "dask",
        "distributed",
        "exchange_calendars",
        "matplotlib",
        "numba",
        "numpy",
        "optuna",
    ),
    *("pandas", "plotly", "polars", "pyarrow", "scipy", "sklearn"),
)
TRADING_MODULES = ("artifacts", "execution", "market_data", "orchestration", "risk", "signals")
RESEARCH_ADAPTERS = ("agents", "calendars", "compute", "parquet", "report", "sample_data")


class Plant(NamedTuple):
    """Files (path below jax to source) that break `contract`, and the name that its report must hold."""

    contract: str
    files: Mapping[str, str]
    named: str


def plant(contract: str, path: str, source: str, named: str = "planted", **others: str) -> Plant:
    """Return the plant of one file, or of more when they break the contract together."""
    return Plant(contract, {path: source, **others}, named)


SHADOW = {
    f"a shadow reaches {what}": plant(
        "shadow-opens-nothing-that-places",
        "app/trader/planted.py",
        f"from {where}",
        **{"app/trader/shadow_wiring.py": "from jax.app.trader import planted"},
    )
    for what, where in {
        "a client that places": "jax.adapters.brokers.bridge import bridge_client",
        "the paper venue": "jax.adapters.brokers import paper",
        "Interactive Brokers": "jax.adapters.brokers.ib import client",
        "an exchange": "jax.adapters.brokers.ccxt import client",
    }.items()
}
LAYERS = {
    "the domain imports a port": plant("layers", "domain/planted.py", "import jax.ports.clock"),
    "a port imports a module": plant("layers", "ports/planted.py", "from jax.modules.risk import limit_loss"),
    "a module imports an adapter": plant("layers", "modules/risk/planted.py", "import jax.adapters.memory"),
    "an adapter imports a module": plant(
        "layers", "adapters/planted.py", "import jax.modules.risk.limit_loss"
    ),
    "an adapter imports the app": plant("layers", "adapters/planted.py", "from jax.app import settings"),
    "a module imports the app": plant(
        "layers", "modules/risk/planted.py", "def f():\n    import jax.app.settings"
    ),
    "a folder appears that has no place": plant("layers", "plugins/planted.py", "import math", "plugins"),
}
STANDARD_LIBRARY = {
    "the domain imports numpy": plant("standard-library-only", "domain/planted.py", "import numpy"),
    "the domain imports it in a function": plant(
        "standard-library-only", "domain/strategies/planted.py", "def f():\n    import numpy"
    ),
    "the domain imports it for annotations": plant(
        "standard-library-only",
        "domain/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy",
    ),
    "a port imports a package of tomorrow": plant(
        "standard-library-only", "ports/planted.py", "from package_of_tomorrow.inner import thing"
    ),
    "the excepted package is imported elsewhere": plant(
        "standard-library-only", "domain/planted.py", "import rfc8785"
    ),
    **{
        f"the module {name} imports a package": plant(
            "standard-library-only", f"modules/{name}/planted.py", "import structlog"
        )
        for name in TRADING_MODULES
    },
}
INDEPENDENCE = {
    "a module imports a module": plant(
        "modules-independent", "modules/risk/planted.py", "from jax.modules.signals import generate_signal"
    ),
    "a module of tomorrow imports a module": plant(
        "modules-independent", "modules/tomorrow/planted.py", "import jax.modules.risk.limit_loss"
    ),
    "an adapter imports an adapter": plant(
        "adapters-independent", "adapters/postgres/planted.py", "from jax.adapters import memory"
    ),
    "an adapter of tomorrow imports an adapter": plant(
        "adapters-independent", "adapters/planted.py", "from jax.adapters.brokers.ib import client"
    ),
}
WIRING = {
    "an endpoint imports an adapter": plant(
        "wiring-only", "app/trader/http/planted.py", "from jax.adapters import postgres"
    ),
    "an endpoint imports it in a function": plant(
        "wiring-only", "app/trader/http/planted.py", "def f():\n    import jax.adapters.postgres.orders"
    ),
    "a command imports an adapter": plant(
        "wiring-only", "app/planted.py", "from jax.adapters.system import now"
    ),
    "a file imports all adapters": plant(
        "wiring-only", "app/research/planted.py", "from jax import adapters"
    ),
    "a file is only nearly named as wiring": plant(
        "wiring-only", "app/trader/wiring_planted.py", "from jax.adapters import memory"
    ),
}
TRADER = {
    **{
        f"the trader imports {package}": plant(
            "trader-reaches-no-research", "app/trader/planted.py", f"def f():\n    import {package}"
        )
        for package in (*RESEARCH_PACKAGES, "package_of_tomorrow")
    },
    **{
        f"the trader wires the adapter {name}": plant(
            "trader-reaches-no-research", "app/trader/planted_wiring.py", f"from jax.adapters import {name}"
        )
        for name in RESEARCH_ADAPTERS
    },
    **{
        f"the trader imports the module {name}": plant(
            "trader-reaches-no-research", "app/trader/http/planted.py", f"import jax.modules.{name}.{file}"
        )
        for name, file in {
            "backtest": "sweep",
            "orchestration": "run_cycle",
            "portfolio": "optimise",
        }.items()
    },
    "the trader imports the research app": plant(
        "trader-reaches-no-research", "app/trader/planted.py", "from jax.app.research import wiring"
    ),
    "the trader reaches research through what both serve with": plant(
        "trader-reaches-no-research", "app/http/guard.py", "from jax.app.research import wiring", "research"
    ),
    "the trader reaches a package through an adapter": plant(
        "trader-reaches-no-research", "adapters/postgres/orders.py", "import pandas", "pandas"
    ),
    "the trader reaches an agent through shared wiring": plant(
        "trader-reaches-no-research", "app/trader/wiring.py", "from jax.app import agent_wiring", "agents"
    ),
    "the trader reaches a package that a parent package imports": plant(
        "trader-reaches-no-research", "app/__init__.py", "import numpy", "jax.app -> numpy"
    ),
}
BRIDGE = {
    "the bridge runs a strategy": plant(
        "bridge-reaches-venues-only", "app/bridge/planted.py", "import jax.modules.signals.generate_signal"
    ),
    "the bridge wires a database": plant(
        "bridge-reaches-venues-only",
        "app/bridge/planted_wiring.py",
        "from jax.adapters.postgres import orders",
    ),
    "the bridge knows a trader": plant(
        "bridge-reaches-venues-only", "app/bridge/wiring.py", "from jax.app.trader import service", "trader"
    ),
    "the bridge imports a package of tomorrow": plant(
        "bridge-reaches-venues-only", "app/bridge/planted.py", "import package_of_tomorrow"
    ),
    "another broker imports aiohttp": plant("bridge-client", "adapters/brokers/planted.py", "import aiohttp"),
}
RESEARCH = {
    "research wires a live broker": plant(
        "research-reaches-no-broker",
        "app/research/planted_wiring.py",
        "import jax.adapters.brokers.ib.client",
    ),
    "research wires all brokers": plant(
        "research-reaches-no-broker", "app/research/planted_wiring.py", "from jax.adapters import brokers"
    ),
    "a research module imports a broker's package": plant(
        "research-reaches-no-broker", "modules/backtest/planted.py", "import ib_async"
    ),
    "research reaches a broker through the trader": plant(
        "research-reaches-no-broker", "app/research/planted.py", "from jax.app.trader import wiring"
    ),
    "research reaches a broker through what both serve with": plant(
        "research-reaches-no-broker", "app/http/guard.py", "from jax.app.trader import wiring", "trader"
    ),
    "research reaches a broker through shared wiring": plant(
        "research-reaches-no-broker",
        "app/research/planted.py",
        "from jax.app import shared_wiring",
        **{"app/shared_wiring.py": "from jax.adapters.brokers.ccxt import client"},
    ),
}
ADVICE = {
    "advice imports a broker": plant(
        "advice-reaches-no-order", "modules/orchestration/planted.py", "from jax.ports import broker"
    ),
    "advice opens the trader's transactions": plant(
        "advice-reaches-no-order",
        "modules/orchestration/planted.py",
        "import jax.ports.unit_of_work",
        **{"ports/unit_of_work.py": "from jax.ports import clock"},
    ),
    "advice executes a signal": plant(
        "advice-reaches-no-order",
        "modules/orchestration/planted.py",
        "import jax.modules.execution.submit_order",
    ),
    "an agent's client reaches a broker through a port": plant(
        "advice-reaches-no-order",
        "adapters/agents/planted.py",
        "from jax.ports import planner",
        "broker",
        **{"ports/planner.py": "from jax.ports import broker"},
    ),
    "an agent's client imports the bridge's client": plant(
        "advice-reaches-no-order", "adapters/agents/planted.py", "import aiohttp"
    ),
    "an agent's client imports a package of tomorrow": plant(
        "advice-reaches-no-order", "adapters/agents/planted.py", "import package_of_tomorrow"
    ),
    "research speaks HTTP by itself": plant("agent-clients", "app/research/planted.py", "import httpx"),
    "another adapter asks again and again": plant("agent-clients", "adapters/planted.py", "import stamina"),
}
PACKAGES = {
    "another adapter imports SQLAlchemy": plant(
        "database-packages", "adapters/planted.py", "from sqlalchemy.ext.asyncio import create_async_engine"
    ),
    "the app imports Alembic": plant("database-packages", "app/planted_wiring.py", "import alembic.command"),
    "the app imports asyncpg": plant("database-packages", "app/trader/planted.py", "import asyncpg"),
    "a service imports FastAPI": plant(
        "http-packages", "app/trader/planted.py", "from fastapi import Depends"
    ),
    "an adapter imports starlette": plant(
        "http-packages", "adapters/planted.py", "import starlette.requests"
    ),
    "a file beside what services share imports FastAPI": plant(
        "http-packages", "app/planted.py", "import fastapi"
    ),
    "wiring imports uvicorn": plant("http-server", "app/trader/planted_wiring.py", "import uvicorn"),
    "a service runs uvicorn by itself": plant("http-server", "app/trader/http/planted.py", "import uvicorn"),
    "another broker imports ib_async": plant(
        "interactive-brokers-sdk", "adapters/brokers/planted.py", "import ib_async"
    ),
    "another broker imports ccxt": plant("ccxt-sdk", "adapters/brokers/ib/planted.py", "import ccxt"),
    "another adapter imports cryptography": plant(
        "signature-package",
        "adapters/planted.py",
        "from cryptography.hazmat.primitives.asymmetric import ed25519",
    ),
    "a command imports cryptography in a function": plant(
        "signature-package", "app/approver/planted.py", "def f():\n    import cryptography.exceptions"
    ),
    "a research module imports numba": plant(
        "compute-packages", "modules/backtest/planted.py", "import numba"
    ),
    "another adapter imports dask in a function": plant(
        "compute-packages", "adapters/parquet/planted.py", "def f():\n    from dask import delayed"
    ),
    "wiring imports distributed": plant(
        "compute-packages", "app/research/planted_wiring.py", "from distributed import Client"
    ),
    "a service imports typer": plant("command-line", "app/trader/planted.py", "import typer"),
    "a file is only nearly named as a group of commands": plant(
        "command-line", "app/approver/cli_planted.py", "import typer"
    ),
}
RINGS = {
    "two files of the domain import each other": plant(
        "no-import-rings",
        "domain/planted.py",
        "import jax.domain.ring",
        **{"domain/ring.py": "import jax.domain.planted"},
    ),
    "two files of a module import each other": plant(
        "no-import-rings",
        "modules/risk/planted.py",
        "from jax.modules.risk import limit_loss",
        **{"modules/risk/limit_loss.py": "def f():\n    from jax.modules.risk import planted"},
    ),
    "two packages of an app import each other's files": plant(
        "no-import-rings",
        "app/trader/planted/one.py",
        "from jax.app.trader.http import app",
        **{"app/trader/http/two.py": "from jax.app.trader.planted import one"},
    ),
    "three files go round": plant(
        "no-import-rings",
        "adapters/postgres/planted.py",
        "import jax.adapters.postgres.one",
        "jax.adapters.postgres",
        **{
            "adapters/postgres/one.py": "import jax.adapters.postgres.two",
            "adapters/postgres/two.py": "import jax.adapters.postgres.planted",
        },
    ),
}
RULES = (
    LAYERS,
    STANDARD_LIBRARY,
    INDEPENDENCE,
    WIRING,
    TRADER,
    SHADOW,
    BRIDGE,
    RESEARCH,
    ADVICE,
    PACKAGES,
    RINGS,
)
PLANTS = {sentence: found for rule in RULES for sentence, found in rule.items()}
