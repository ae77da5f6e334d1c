"""The JavaScript that draws the charts, read from the package that brings it."""

from importlib.util import find_spec
from pathlib import Path

from jax.ports.errors import Unavailable

_PACKAGE = "litecharts"
_REMEDY = "install Jax with the extra `research`"


def chart_library() -> str:
    """TradingView Lightweight Charts as one script; Unavailable when its package is missing."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(f"The package {_PACKAGE}, which brings the report's charts, is missing: {_REMEDY}")
    path = Path(spec.submodule_search_locations[0]) / "js" / "lightweight-charts.js"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"The chart library {path} cannot be read ({error}): {_REMEDY}") from error
