"""Jax itself keeps the import rules."""

import subprocess

from tests.architecture.checkout import ROOT, SRC, environment_with, python_command

LINT = "from importlinter.cli import lint_imports_command as run; run()"


def test_jax_keeps_every_import_rule() -> None:
    done = subprocess.run(
        python_command("-c", LINT, "--config", str(ROOT / ".importlinter"), "--no-cache", "--no-logo"),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env=environment_with(SRC),
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
