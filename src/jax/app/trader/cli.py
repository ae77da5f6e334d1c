"""The command `jax-trader`."""

from importlib.metadata import version
from typing import Annotated

import typer

from jax.app import console
from jax.app.home import home_folder

PROGRAM = "jax-trader"
_PORTS = range(8100, 8200)
_HELP = """Runs the trader: loads approved artifacts, turns bars into signals, executes approved ones, and
protects what it holds.

Settings come from the environment: EXECUTION_ENABLED, MODE, BROKER (paper in this process, or bridge),
IB_BRIDGE_URL, IB_BRIDGE_TOKEN, DATABASE_URL, JAX_API_TOKEN, DEFAULT_ORDER_TYPE, UNPROTECTED_SECONDS, and one
for each limit of risk, such as MAX_DAILY_LOSS and MAX_QUOTE_AGE_SECONDS (docs/risk.md lists them,
`GET /api/v1/risk` shows them). RUN_EVERY_SECONDS, MARKET_FEED and FEED_... say how approved signals are
executed and where bars come from (docs/signals.md). For bars of another time: MAX_QUOTE_AGE_SECONDS=0
MUST_BE_IN_SESSION=false. TAKE_OVER_FROM_EPOCH, TAKE_OVER_BY and TAKE_OVER_REASON are for a database that has
lost commits (docs/execution.md).
What it writes lies in JAX_HOME; a file KILL there stops all entries.

Example: EXECUTION_ENABLED=true jax-trader --port 8100
"""

app = typer.Typer(add_completion=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {version(console.DISTRIBUTION)}")
        raise typer.Exit


@app.command(help=_HELP)
def trader(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback needs JAX_API_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port; by default the first free one from 8100 to 8199."),
    ] = None,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
    exit_with_parent: Annotated[bool, typer.Option("--exit-with-parent", hidden=True)] = False,
) -> None:
    from jax.app.listening_socket import check_guarded, listen
    from jax.app.log_lines import log_to_standard_error
    from jax.app.trader.settings import load_settings

    settings = load_settings()
    check_guarded(host, settings.api_token)
    home = home_folder()
    with listen(host, port, ports=_PORTS) as listening:
        taken = listening.getsockname()[1]
        if port is None and taken != _PORTS[0]:
            console.note(f"port {_PORTS[0]} is taken: {PROGRAM} uses {taken}")
        log_to_standard_error()
        from jax.app.http.serving import Place, run
        from jax.app.trader.server import serve

        run(serve(Place(home, listening, host), settings, exit_with_parent=exit_with_parent))


def main() -> None:
    """The console script."""
    console.run(app, program=PROGRAM)
