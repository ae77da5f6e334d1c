"""The import name `jax` is shared with a numerical library: the guard, and what SciPy asks about."""

import subprocess
from pathlib import Path

import pytest

import jax
from tests.architecture.checkout import JAX, ROOT, SRC, environment_with, python_command

ASK_SCIPY = """
import numpy
from scipy import signal, stats

numbers = numpy.arange(50.0)
drawn = stats.bootstrap((numbers,), numpy.mean, n_resamples=99, rng=numpy.random.default_rng(7))
assert 15 < drawn.confidence_interval.low < 24.5 < drawn.confidence_interval.high < 34
assert abs(stats.pearsonr(numbers, 2 * numbers + 1).statistic - 1) < 1e-12
assert numpy.allclose(signal.savgol_filter(numbers**2, 5, 2), numbers**2)
assert not isinstance(numbers, jax.Array)
assert not isinstance(jax.float0, jax.Array)
assert numpy.zeros(3, dtype=[("field", "V1")]).dtype != jax.float0
assert numbers.dtype != jax.float0
"""


def run_python(source: str, *search_path: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        python_command("-W", "error", "-c", source),
        capture_output=True,
        check=False,
        cwd=cwd,
        env=environment_with(*search_path),
        text=True,
    )


@pytest.mark.parametrize(
    "metadata",
    [
        "jax-9.9.dist-info",
        "jaxlib-9.9.dist-info",
        "JAX-9.9.0.DIST-INFO",
        "jax-9.9-py3.11.egg-info",
        "jaxlib.egg-info",
        "jax.egg-link",
    ],
)
def test_refuses_to_import_beside_the_numerical_library(tmp_path: Path, metadata: str) -> None:
    folder = tmp_path / "site packages"
    (folder / metadata).mkdir(parents=True)
    done = run_python("import jax", SRC, folder)
    assert done.returncode == 1
    last_line = done.stderr.splitlines()[-1]
    assert last_line.startswith("ImportError: Jax cannot start: ")
    assert str(folder / metadata) in last_line
    assert "python -m pip uninstall jax jaxlib" in last_line


def test_refuses_it_in_the_working_directory_too(tmp_path: Path) -> None:
    (tmp_path / "jax-9.9.dist-info").mkdir()
    assert "ImportError: Jax cannot start" in run_python("import jax", SRC, cwd=tmp_path).stderr


@pytest.mark.parametrize(
    "metadata",
    ["jax_trading_assistant-0.1.0.dist-info", "jaxtyping-0.3.dist-info", "jax-0.1.tar.gz", "jax", "ajax.egg"],
)
def test_imports_beside_other_distributions(tmp_path: Path, metadata: str) -> None:
    (tmp_path / metadata).mkdir()
    assert run_python("import jax", SRC, tmp_path, tmp_path / "missing").returncode == 0


@pytest.mark.parametrize("imports", ["import jax, scipy", "import scipy.stats, scipy.signal, jax"])
def test_scipy_works_with_jax_imported(imports: str) -> None:
    done = run_python(f"{imports}\n{ASK_SCIPY}", SRC)
    assert done.returncode == 0, done.stderr


def test_scipy_would_fail_without_the_sentinels(tmp_path: Path) -> None:
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax" / "__init__.py").touch()
    done = run_python(f"import jax, scipy\n{ASK_SCIPY}", tmp_path)
    assert done.stderr.splitlines()[-1] == "AttributeError: module 'jax' has no attribute 'Array'"


def test_nothing_is_a_jax_array() -> None:
    assert isinstance(jax.Array, type)
    with pytest.raises(TypeError, match="has no instances"):
        jax.Array()


def test_there_is_no_subpackage_named_core() -> None:
    # With `jax.core` imported, SciPy asks it for `Tracer`.
    assert not [path for path in (JAX / "core", JAX / "core.py") if path.exists()]


def test_importing_jax_imports_nothing_else() -> None:
    source = "import sys; before = set(sys.modules); import jax; print(sorted(set(sys.modules) - before))"
    assert run_python(source, SRC).stdout.strip() == "['jax']"


def test_the_version_is_the_installed_one(tmp_path: Path) -> None:
    metadata = tmp_path / "jax_trading_assistant-7.8.9.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: jax-trading-assistant\nVersion: 7.8.9\n")
    assert run_python("import jax; print(jax.__version__)", tmp_path, SRC).stdout.strip() == "7.8.9"


def test_the_version_says_when_jax_runs_from_its_source() -> None:
    uninstall = "import sys; sys.path[:] = [folder for folder in sys.path if '-packages' not in folder]"
    source = f"{uninstall}; import jax; print(jax.__version__)"
    assert run_python(source, SRC).stdout.strip() == "0+source"


def test_an_unknown_attribute_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'jax' has no attribute 'numpy'"):
        _ = jax.numpy  # type: ignore[attr-defined] # the point of the test


def test_jax_ships_its_types() -> None:
    assert (JAX / "py.typed").is_file()
