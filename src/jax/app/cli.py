"""jax: the umbrella command; a command's code is imported when it runs."""

import typer

from jax.app import console
from jax.app.bridge.cli import HELP as BRIDGE_HELP
from jax.app.bridge.cli import bridge
from jax.app.golden import cli as golden_cli
from jax.app.replay import cli as replay_cli
from jax.app.research import backtest_cli, compare_cli, sweep_cli

_PROGRAM = "jax"
app = console.new_app(
    "A trading platform in which only reviewed, hash-verified strategies ever trade.",
    program=_PROGRAM,
)


@app.command(epilog="Example: jax demo --once --json")
def demo(
    once: bool = typer.Option(False, "--once", help="Stop after the summary."),
    as_json: bool = typer.Option(False, "--json", help="Print the summary as one JSON object, last."),
) -> None:
    """The whole way: database, data, backtest, artifact, approval, trader, a trade."""
    from jax.app.demo.run import run_demo

    run_demo(once=once, as_json=as_json)


app.command(help=BRIDGE_HELP)(bridge)
backtest_cli.register(app)
compare_cli.register(app)
golden_cli.register(app)
replay_cli.register(app)
sweep_cli.register(app)


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=_PROGRAM)


if __name__ == "__main__":
    main()
