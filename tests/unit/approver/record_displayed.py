"""Writes displayed.txt anew: `python -m tests.unit.approver.record_displayed`, after a look at the change."""

from pathlib import Path

from jax.modules.artifacts.display_artifact import displayed
from tests.unit.approver.views import a_view

if __name__ == "__main__":
    Path(__file__).with_name("displayed.txt").write_text(displayed(a_view()), encoding="utf-8")
