"""What of the caller's environment reaches uv, the tools and Jax, and what does not."""

import os
from collections.abc import Callable, Mapping

import pytest

import dev

LEAKS = dict.fromkeys(
    (
        *("PYTHONHOME", "PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONWARNINGS", "VIRTUAL_ENV"),
        *("CONDA_PREFIX", "MYPYPATH", "PIP_CONSTRAINT", "PIP_NO_DEPS", "PIP_TARGET", "PIP_USER"),
        *("UV_CONSTRAINT", "UV_NO_VERIFY_HASHES", "UV_PYTHON", "UV_SYSTEM_PYTHON"),
    ),
    "of the caller",
)
KEPT = dict.fromkeys(
    (
        *("PATH", "HOME", "PYTHONUNBUFFERED", "DATABASE_URL", "PIP_CERT", "PIP_INDEX_URL"),
        *("UV_CACHE_DIR", "UV_INDEX"),
    ),
    "of the caller",
)
LISTING = """\
:env:.cert='/from/the/variable.pem'
:env:.no-index='1'
global.cert='/from/global.pem'
global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'
global.timeout='60'
install.cert='/from/install.pem'
install.find-links='/wheels /more-wheels'
"""


@pytest.mark.parametrize("environment", [dev.without_leaks, dev.tool_environment, dev.run_environment])
def test_nothing_points_children_to_another_python_or_other_packages(
    environment: Callable[[Mapping[str, str]], dict[str, str]],
) -> None:
    given = environment({**LEAKS, **KEPT})
    assert given.items() >= KEPT.items()
    assert not given.items() & LEAKS.items()


def test_tools_import_from_src_first_and_then_from_the_checkout() -> None:
    assert dev.tool_environment(LEAKS)["PYTHONPATH"].split(os.pathsep) == [
        str(dev.ROOT / "src"),
        str(dev.ROOT),
    ]
    assert "PYTHONSAFEPATH" not in dev.tool_environment(LEAKS)


def test_jax_imports_from_src_first_and_not_from_the_working_directory() -> None:
    environment = dev.run_environment({})
    assert environment["PYTHONPATH"] == str(dev.ROOT / "src")
    assert environment["PYTHONSAFEPATH"] == "1"


def test_jax_has_its_home_in_the_checkout_unless_told_otherwise() -> None:
    assert dev.run_environment({})["JAX_HOME"] == str(dev.ROOT / ".jax")
    assert dev.run_environment({"JAX_HOME": "/data/jax"})["JAX_HOME"] == "/data/jax"


def test_reads_pips_settings_with_pips_precedence() -> None:
    settings = dev.pip_settings(LISTING)
    assert settings["cert"] == "/from/the/variable.pem"
    assert settings["no-index"] == "1"
    assert settings["find-links"] == "/wheels /more-wheels"
    assert dev.pip_settings("") == {}


def test_tells_uv_what_pip_is_told() -> None:
    assert dev.uv_environment(dev.pip_settings(LISTING), {"HOME": "/homes/ada"}) == {
        "HOME": "/homes/ada",
        "SSL_CERT_FILE": "/from/the/variable.pem",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more-wheels",
    }


def test_what_uv_is_told_by_the_caller_wins() -> None:
    environ = {"SSL_CERT_FILE": "/mine.pem", "UV_FIND_LINKS": "/mine"}
    assert dev.uv_environment(dev.pip_settings(LISTING), environ).items() >= environ.items()


def test_uv_is_told_nothing_where_pip_has_no_settings() -> None:
    assert dev.uv_environment({}, {"PATH": "/bin"}) == {"PATH": "/bin"}
