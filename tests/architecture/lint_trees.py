"""Lints several trees against one configuration: `python -m tests.architecture.lint_trees CONFIG TREE...`.

The last line of its output is a JSON object: for each tree, the ids of the broken contracts with what
import-linter prints about them. A process of its own, since import-linter looks for the package `jax` on
`sys.path`, and in the process of the tests that name is taken; one process, since starting one for each
tree would take minutes.
"""

import importlib
import json
import sys

from importlinter import api  # noqa: F401 - importing it configures the library
from importlinter.application import use_cases
from importlinter.application.output import console


def broken_contracts(config: str, tree: str) -> dict[str, str]:
    """Return the ids of the contracts that the package below `tree` breaks, with what is printed on them.

    A configuration that cannot be applied to the tree is the pseudo-contract "error".
    """
    options = use_cases.read_user_options(config)
    use_cases._register_contract_types(options)
    sys.path.insert(0, tree)
    importlib.invalidate_caches()
    try:
        report = use_cases.create_report(options, cache_dir=None)
    except Exception as error:  # noqa: BLE001 - as import-linter's own command does it
        return {"error": str(error)}
    finally:
        sys.path.remove(tree)
    if report.invalid_contract_options:
        return {"error": str({name: error.errors for name, error in report.invalid_contract_options.items()})}
    broken = {}
    for contract, check in report.get_contracts_and_checks():
        if not check.kept:
            with console.capture() as printed:
                contract.render_broken_contract(check)
            broken[contract.contract_options["id"]] = printed.get()
    return broken


def main(config: str, trees: list[str]) -> None:
    """Print one JSON object, tree to broken contracts, as the last line."""
    console.width = 1000  # no line is broken within a module's name
    print(json.dumps({tree: broken_contracts(config, tree) for tree in trees}))  # noqa: T201 - its only output


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
