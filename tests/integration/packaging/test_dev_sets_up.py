"""dev.py sets up a small checkout: real environments, real installers, no package index."""

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.packaging.small_checkout import SmallCheckout
from tests.integration.packaging.wheelhouse import Wheelhouse

LONG = "a path with spaces " + "and more than a hundred and fifty characters, " * 4


@pytest.fixture(scope="module")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Wheelhouse:
    return Wheelhouse(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Wheelhouse) -> SmallCheckout:
    """Return a checkout in a long path, set up by its first command in an environment that leads astray."""
    folder = tmp_path_factory.mktemp("ready")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "jax.py").write_text("raise SystemExit('the wrong jax')", encoding="utf-8")
    checkout = SmallCheckout(folder / LONG.strip(), wheelhouse)
    leaks = {
        "PYTHONPATH": str(elsewhere),
        "PYTHONSAFEPATH": "1",
        "VIRTUAL_ENV": str(elsewhere),
        "PIP_USER": "1",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh", *checkout.command("run", "--once", "a b")],
        capture_output=True,
        check=False,
        cwd=elsewhere,
        env=checkout.environment(**leaks),
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (folder / "first run.json").write_text(done.stdout, encoding="utf-8")
    return checkout


def has_installed(checkout: SmallCheckout, module: str) -> bool:
    asked = [str(checkout.venv / "bin" / "python"), "-I", "-c", f"import {module}"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def needs_uv(wheelhouse: Wheelhouse) -> None:
    if "uv" not in wheelhouse.blocks:
        pytest.skip("this environment was made without uv")


def wait_for(file: Path) -> None:
    for _ in range(600):
        if file.exists():
            return
        time.sleep(0.05)
    pytest.fail(f"{file} did not come")


def test_standard_output_is_the_commands_own(ready: SmallCheckout) -> None:
    printed = (ready.root.parent / "first run.json").read_text(encoding="utf-8")
    assert len(printed.splitlines()) == 1
    told = json.loads(printed)
    assert told["arguments"] == ["demo", "--once", "a b"]
    assert told["working_directory"] == str(ready.root.parent / "elsewhere")


def test_nothing_of_the_callers_environment_leads_astray(ready: SmallCheckout) -> None:
    told = json.loads((ready.root.parent / "first run.json").read_text(encoding="utf-8"))
    assert len(str(ready.root)) > 150
    assert told["code"] == str(ready.root / "src" / "jax" / "app.py")
    assert told["prefix"] == str(ready.venv)
    assert told["library"].startswith(str(ready.venv))
    assert told["home"] == str(ready.root / ".jax")


def test_the_installed_script_works_by_itself(ready: SmallCheckout) -> None:
    done = subprocess.run(
        [str(ready.venv / "bin" / "jax"), "x"],
        capture_output=True,
        check=False,
        env=ready.environment(JAX_HOME="here"),
        text=True,
    )
    assert json.loads(done.stdout)["arguments"] == ["x"], done.stderr


def test_does_nothing_where_nothing_changed(ready: SmallCheckout) -> None:
    ready.dev("run")
    before = (ready.venv / "dev-stamp.json").stat()
    done = ready.dev("run", JAX_HOME="elsewhere")
    assert done.stderr == ""
    assert json.loads(done.stdout)["home"] == "elsewhere"
    assert (ready.venv / "dev-stamp.json").stat() == before


def test_a_changed_lock_is_followed_in_place_and_what_left_it_is_removed(
    ready: SmallCheckout, wheelhouse: Wheelhouse
) -> None:
    needs_uv(wheelhouse)
    kept = ready.venv / "kept"
    kept.touch()
    ready.write_lock("flit-core", "uv")
    without = ready.dev("run")
    assert "bringing" in without.stderr
    assert not has_installed(ready, "rfc8785")
    assert "No module named 'rfc8785'" in without.stderr
    ready.write_lock(*wheelhouse.blocks)
    assert ready.dev("run").returncode == 0
    assert kept.exists()


def test_a_checkout_that_moved_is_set_up_anew(ready: SmallCheckout, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(ready.root, moved, symlinks=True)
    done = subprocess.run(
        [*ready.command()[:1], str(moved / "dev.py"), "run"],
        capture_output=True,
        check=False,
        env=ready.environment(),
        text=True,
    )
    assert "setting up" in done.stderr
    assert json.loads(done.stdout)["prefix"] == str(moved / ".venv")


@pytest.mark.soak
def test_heals_what_was_killed_and_waits_for_what_still_runs(tmp_path: Path, wheelhouse: Wheelhouse) -> None:
    checkout = SmallCheckout(tmp_path / "checkout", wheelhouse)
    with subprocess.Popen(
        checkout.command("run"),
        env=checkout.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as first:
        wait_for(checkout.venv / "bin" / "python")
        first.kill()
    assert not (checkout.venv / "dev-stamp.json").exists()
    with subprocess.Popen(
        checkout.command("run"), env=checkout.environment(), stderr=subprocess.PIPE, text=True
    ) as second:
        third = checkout.dev("run")
        _, told = second.communicate()
    assert second.returncode == 0, told
    assert third.returncode == 0, third.stderr
    assert (told + third.stderr).count("setting up /") == 1


@pytest.mark.soak
def test_goes_on_with_pip_alone_where_uv_does_not_run(tmp_path: Path, wheelhouse: Wheelhouse) -> None:
    checkout = SmallCheckout(tmp_path / "checkout", wheelhouse)
    needs_uv(wheelhouse)
    done = checkout.dev("run", UV_CONFIG_FILE=str(tmp_path / "there is no such file"))
    assert "going on with pip alone" in done.stderr
    assert json.loads(done.stdout)["prefix"] == str(checkout.venv)
    assert has_installed(checkout, "rfc8785")
    assert not has_installed(checkout, "uv")


def test_a_wheel_that_is_not_the_locked_one_is_not_installed(tmp_path: Path, wheelhouse: Wheelhouse) -> None:
    checkout = SmallCheckout(tmp_path / "checkout", wheelhouse)
    right = checkout.lock.read_text(encoding="utf-8")
    wrong = re.sub(r"(rfc8785==.*\n.*sha256:)\w+", rf"\g<1>{64 * '0'}", right)
    checkout.lock.write_text(wrong, encoding="utf-8")
    done = checkout.dev("run")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("dev.py: The packages of requirements.lock could not be")
    assert not has_installed(checkout, "rfc8785")


def test_a_step_that_fails_is_named_and_the_exit_code_is_1(ready: SmallCheckout) -> None:
    done = ready.dev("types")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "Failed: mypy."


def test_a_step_that_is_told_to_end_may_clean_up(ready: SmallCheckout) -> None:
    with subprocess.Popen(ready.command("bench"), env=ready.environment()) as bench:
        wait_for(ready.root / "started")
        bench.send_signal(signal.SIGTERM)
        assert bench.wait() == 130
    assert (ready.root / "cleaned up").exists()


def test_refuses_a_new_lock_that_would_hold_a_url(ready: SmallCheckout) -> None:
    needs_uv(ready.wheelhouse)
    pyproject = ready.root / "pyproject.toml"
    before, lock_before = pyproject.read_text(encoding="utf-8"), ready.lock.read_text(encoding="utf-8")
    wheel = next(ready.wheelhouse.folder.glob("rfc8785-*.whl")).as_uri()
    pyproject.write_text(
        before.replace("description =", f'dependencies = ["rfc8785 @ {wheel}"]\ndescription ='),
        encoding="utf-8",
    )
    done = ready.dev("lock")
    pyproject.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    assert "it holds a URL" in done.stderr.splitlines()[-1]
    assert ready.lock.read_text(encoding="utf-8") == lock_before
