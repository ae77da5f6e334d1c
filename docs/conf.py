"""How Sphinx builds these pages: `python3 dev.py docs`."""

import tomllib
from pathlib import Path

_PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))

project = "Jax"
release = _PYPROJECT["project"]["version"]
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Jax {release}"
myst_heading_anchors = 3
