"""Records what empyrical-reloaded says of the committed series.

It cannot be in requirements.lock (one of its dependencies has no wheel), so it runs in an environment of its
own, with nothing but `empyrical-reloaded==0.7.1` in it: from the checkout,
`<that environment>/bin/python -m tests.golden.metrics.record_empyrical`.
"""

import importlib
import json
import math
from importlib.metadata import version
from typing import Any

import numpy as np

from tests.golden.metrics.series import BARS_A_YEAR, FIGURES, INITIAL, digest, read

PACKAGES = ("empyrical-reloaded", "numpy", "pandas")


def figures(name: str, empyrical: Any) -> dict[str, float | None]:
    """empyrical's figures under our names; None for what it does not define (NaN, or without bound)."""
    series = read(name)
    equities = np.array([float(value) for value in (INITIAL, *series.equities)])
    returns = empyrical.simple_returns(equities)
    rate = {"annualization": BARS_A_YEAR[name]}
    alpha, beta = empyrical.alpha_beta_aligned(returns, np.array(series.benchmark), **rate)
    found = {
        "total_return": empyrical.cum_returns_final(returns),
        "cagr": empyrical.annual_return(returns, **rate),
        "volatility": empyrical.annual_volatility(returns, **rate),
        "sharpe": empyrical.sharpe_ratio(returns, **rate),
        "sortino": empyrical.sortino_ratio(returns, **rate),
        "calmar": empyrical.calmar_ratio(returns, **rate),
        "max_drawdown": abs(empyrical.max_drawdown(returns)),
        "alpha": alpha,
        "beta": beta,
    }
    return {key: float(value) if math.isfinite(value) else None for key, value in found.items()}


def main() -> None:
    """Writes the figures of every series, and of which versions they are."""
    empyrical = importlib.import_module("empyrical")
    document = {
        "versions": {package: version(package) for package in PACKAGES},
        "series": {
            name: {
                "sha256": digest(name),
                "bars_a_year": BARS_A_YEAR[name],
                "figures": figures(name, empyrical),
            }
            for name in BARS_A_YEAR
        },
    }
    FIGURES.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
