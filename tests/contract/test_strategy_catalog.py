"""What a StrategyCatalog does, for the strategies of Jax and for those of somebody else's package."""

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from jax.adapters.strategy_catalog.installed_strategies import InstalledStrategies
from jax.domain.errors import InvalidValue
from jax.domain.strategy import BarValues
from jax.domain.strategy_runner import StrategyRunner
from jax.modules.artifacts.load_bundle import load_strategy
from jax.ports.errors import NotFound
from jax.ports.strategy_catalog import StrategyCatalog
from tests.git_checkout import committed

JAX = {"ma_crossover_v1": "jax.domain.strategies.ma_crossover_v1:STRATEGY"}
ENTRY = """\
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from acme.rules.levels import is_high
from jax.domain.indicators.simple_moving_average import sma_close
from jax.domain.strategy import NO_DECISION, SELL, Decision, Strategy

from .rules.levels import LEVEL


class Params(NamedTuple):
    length: int = 2


class Inputs(NamedTuple):
    average: float


def decide(state, bar, inputs, params):
    if math.isnan(inputs.average) or not is_high(bar.close):
        return state, NO_DECISION
    return state, Decision(SELL, 0.5, bar.close, bar.close * 2.0, LEVEL, LEVEL / 2.0, 1)


STRATEGY = Strategy(
    "acme_v1", Params(), Inputs, lambda p: (sma_close(p.length),), 0, decide, ("none", "high"), lambda p: ""
)
"""
LEVELS = "LEVEL = 100.0\n\n\ndef is_high(price):\n    return price > LEVEL\n"
EXPLODES = "raise RuntimeError('a catalog runs nothing')\n"
ACME = {
    "acme/__init__.py": EXPLODES,
    "acme/strategy.py": ENTRY,
    "acme/unused.py": EXPLODES,
    "acme/rules/__init__.py": EXPLODES,
    "acme/rules/levels.py": LEVELS,
}

Install = Callable[..., StrategyCatalog]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs files and the distributions that register entry points, as an installer would leave them."""

    def installed(files: Mapping[str, str | bytes], **distributions: Mapping[str, str]) -> StrategyCatalog:
        site = tmp_path / "site"
        for name, content in files.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        for distribution, entries in distributions.items():
            folder = site / f"{distribution}-1.0.dist-info"
            folder.mkdir(parents=True)
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
            lines = [f"{name} = {value}" for name, value in entries.items()]
            (folder / "entry_points.txt").write_text("\n".join(["[jax.strategies]", *lines, ""]))
        monkeypatch.syspath_prepend(str(site))
        return InstalledStrategies()

    return installed


@pytest.fixture
def acme(install: Install) -> StrategyCatalog:
    return install(ACME, acme={"acme_v1": "acme.strategy:STRATEGY"})


def paths(catalog: StrategyCatalog, name: str) -> list[str]:
    return [file.path for file in catalog.source(name).bundle.files]


def test_names_are_sorted_and_hold_those_of_every_package(acme: StrategyCatalog) -> None:
    names = list(acme.names())
    assert names == sorted(names)
    assert "acme_v1" in names


def test_the_strategy_of_jax_comes_with_every_module_that_it_reaches(install: Install) -> None:
    catalog = install({}, jaxlike={"crossover": JAX["ma_crossover_v1"]})
    assert paths(catalog, "crossover") == [
        "jax/domain/indicators/average_true_range.py",
        "jax/domain/indicators/simple_moving_average.py",
        "jax/domain/indicators/wilder_average.py",
        "jax/domain/strategies/ma_crossover_v1.py",
        "jax/domain/strategies/parameter_limits.py",
        "jax/domain/strategy.py",
    ]


def test_a_strategy_of_another_package_comes_with_its_own_modules_and_those_of_jax(
    acme: StrategyCatalog,
) -> None:
    assert paths(acme, "acme_v1") == [
        "acme/rules/levels.py",
        "acme/strategy.py",
        "jax/domain/indicators/simple_moving_average.py",
        "jax/domain/strategy.py",
    ]
    assert acme.source("acme_v1").entry == "acme.strategy:STRATEGY"


def test_nothing_of_a_strategys_package_is_run(acme: StrategyCatalog) -> None:
    acme.source("acme_v1")
    assert not [name for name in sys.modules if name == "acme" or name.startswith("acme.")]


def test_the_bundle_is_what_runs(acme: StrategyCatalog) -> None:
    source = acme.source("acme_v1")
    strategy = load_strategy(source.bundle, source.entry)
    runner = StrategyRunner(strategy, strategy.params)
    decisions = [runner.on_bar(BarValues(price, price, price, price, 1.0)) for price in (120.0, 120.0, 90.0)]
    assert [decision.action for decision in decisions] == [0, -1, 0]


def test_the_text_is_that_on_the_disk_to_the_byte(install: Install) -> None:
    odd = LEVELS.replace("\n", "\r\n") + "# ä\n"
    catalog = install({**ACME, "acme/rules/levels.py": odd}, acme={"acme_v1": "acme.strategy:STRATEGY"})
    files = {file.path: file.source for file in catalog.source("acme_v1").bundle.files}
    assert files["acme/rules/levels.py"] == odd


def test_a_change_on_the_disk_is_seen_at_once(acme: StrategyCatalog, tmp_path: Path) -> None:
    before = acme.source("acme_v1").bundle.sha256
    (tmp_path / "site" / "acme" / "rules" / "levels.py").write_text(LEVELS.replace("100.0", "101.0"))
    assert acme.source("acme_v1").bundle.sha256 != before


def test_a_strategy_in_a_single_module_is_found(install: Install) -> None:
    module = ENTRY.replace("from acme.rules.levels import is_high\n", LEVELS).replace(
        "from .rules.levels import LEVEL\n", ""
    )
    catalog = install({"lonely.py": module}, lonely={"lonely_v1": "lonely:STRATEGY"})
    assert "lonely.py" in paths(catalog, "lonely_v1")


def test_an_unknown_name_tells_those_that_there_are(acme: StrategyCatalog) -> None:
    with pytest.raises(NotFound, match=r"No strategy 'acme_v2' is installed; there are: .*acme_v1"):
        acme.source("acme_v2")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("import os", r"acme/strategy\.py line 1: imports `import os`"),
        ("from os import path", r"acme/strategy\.py: imports os; a strategy may import math, typing"),
        ("from os import getcwd, sep", r"acme/strategy\.py: imports os; a strategy may import math"),
        ("from numpy import array", r"acme/strategy\.py: imports numpy"),
        ("from jax.ports.errors import NotFound", r"imports jax\.ports\.errors"),
        ("from jax.domain.strategy_runner import bar_values", r"imports jax\.domain\.strategy_runner"),
        ("import acme.unused", r"imports `import acme\.unused`: write `from acme\.unused import"),
        ("from acme import unused", r"imports the module acme\.unused as a name"),
        ("from . import unused", r"imports the module acme\.unused as a name"),
        ("from math import *", r"imports `from math import \*`: name what is imported"),
        ("from .... import x", r"imports a module by a relative name that leads nowhere"),
        ("from acme import VERSION", r"acme: is a package, whose __init__ no bundle holds"),
        ("from acme.missing import x", r"acme\.missing: no such module is installed"),
        ("def f():\n    import os", r"line 2: imports `import os`"),
        ("x = __import__('os')", r"acme/strategy\.py line 1: uses __import__, which no strategy may"),
        ("x = eval('1')", r"line 1: uses eval"),
        ("exec('x = 1')", r"line 1: uses exec"),
        ("x = f.__builtins__", r"line 1: uses __builtins__"),
        ("def", r"acme/strategy\.py: is not Python"),
    ],
)
def test_a_source_that_no_bundle_may_hold_is_refused_with_its_line(
    install: Install, line: str, said: str
) -> None:
    catalog = install({**ACME, "acme/strategy.py": line + "\n"}, acme={"acme_v1": "acme.strategy:STRATEGY"})
    with pytest.raises(InvalidValue, match=said):
        catalog.source("acme_v1")


def test_the_same_is_refused_in_a_module_that_the_entry_reaches(install: Install) -> None:
    files = {**ACME, "acme/rules/levels.py": f"import socket\n{LEVELS}"}
    catalog = install(files, acme={"acme_v1": "acme.strategy:STRATEGY"})
    with pytest.raises(InvalidValue, match=r"acme/rules/levels\.py line 1: imports `import socket`"):
        catalog.source("acme_v1")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("acme.strategy", "is not of the form package.module:ATTRIBUTE"),
        ("acme.strategy:", "is not of the form package.module:ATTRIBUTE"),
        ("acme.strategy:A.B", "is not of the form package.module:ATTRIBUTE"),
        ("acme:STRATEGY", "is a package"),
        ("acme.nowhere:STRATEGY", "no such module is installed"),
        ("math:STRATEGY", "has no source file to read"),
    ],
)
def test_an_entry_that_names_no_module_is_refused(install: Install, value: str, said: str) -> None:
    catalog = install(ACME, acme={"acme_v1": value})
    with pytest.raises(InvalidValue, match=said):
        catalog.source("acme_v1")


def test_a_source_that_is_not_utf_8_is_refused(install: Install) -> None:
    files = {**ACME, "acme/strategy.py": b"# -*- coding: latin-1 -*-\nX = '\xe4'\n"}
    catalog = install(files, acme={"acme_v1": "acme.strategy:STRATEGY"})
    with pytest.raises(InvalidValue, match=r"acme\.strategy: its source .* is not UTF-8"):
        catalog.source("acme_v1")


def test_one_name_from_two_distributions_is_refused(install: Install) -> None:
    catalog = install(ACME, acme={"v1": "acme.strategy:STRATEGY"}, other={"v1": "acme.unused:STRATEGY"})
    with pytest.raises(InvalidValue, match=r"entry point 'v1': is registered twice"):
        catalog.names()


def test_a_name_that_no_strategy_can_have_is_refused(install: Install) -> None:
    catalog = install(ACME, acme={"Acme-1": "acme.strategy:STRATEGY"})
    with pytest.raises(InvalidValue, match="Acme-1"):
        catalog.names()


def test_a_source_names_the_distribution_that_registers_it(acme: StrategyCatalog) -> None:
    assert acme.source("acme_v1").repo == "acme 1.0"


def test_sources_outside_a_checkout_are_unversioned(acme: StrategyCatalog) -> None:
    assert acme.source("acme_v1").commit == "unversioned"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_sources_in_a_checkout_name_its_commit_until_one_of_their_own_changes(
    install: Install, tmp_path: Path
) -> None:
    catalog = install(ACME, acme={"acme_v1": "acme.strategy:STRATEGY"})
    commit = committed(tmp_path / "site")
    (tmp_path / "site" / "acme" / "unused.py").write_text("# no part of the bundle\n")
    assert catalog.source("acme_v1").commit == commit
    (tmp_path / "site" / "acme" / "rules" / "levels.py").write_text(LEVELS + "\n")
    assert catalog.source("acme_v1").commit == "unversioned"
