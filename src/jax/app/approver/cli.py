"""artifact-approver: from a draft to what may trade, each step under a person's own signature."""

import sys

from jax.app import console
from jax.app.approver import history_cli, keyring_cli, log_cli, release_cli, review_cli, submit_cli
from jax.app.approver.plan_flags import translated

_PROGRAM = "artifact-approver"
app = console.new_app(
    "Takes strategies through the promotion gate: submit, validate, approve, release, and stop.",
    program=_PROGRAM,
)
# The order of the help page; a further group of commands is one more module in this list.
for commands in (submit_cli, review_cli, release_cli, log_cli, history_cli, keyring_cli):
    commands.register(app)


def main() -> None:
    """Entry point of the console script."""
    sys.argv[1:] = translated(sys.argv[1:])
    console.run(app, program=_PROGRAM)


if __name__ == "__main__":
    main()
