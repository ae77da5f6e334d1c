"""The command `ib-bridge`, which is `jax bridge` as well."""

from importlib.metadata import version
from typing import Annotated

import typer

from jax.app import console
from jax.app.home import home_folder

PROGRAM = "ib-bridge"
_PORT = 8092
HELP = """Runs the bridge: takes orders from traders and brings each to the venue at most once.

Settings come from the environment: BRIDGE_BACKEND (paper, ib, ccxt), BRIDGE_MAX_NOTIONAL_PER_MINUTE,
JAX_API_TOKEN, and those of its venue: PAPER_..., IB_..., CCXT_... (docs/bridge.md). What it writes lies in
JAX_HOME.

Example: BRIDGE_MAX_NOTIONAL_PER_MINUTE=50000 ib-bridge --port 8092
"""

app = typer.Typer(add_completion=True, pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"{PROGRAM} {version(console.DISTRIBUTION)}")
        raise typer.Exit


@app.command(help=HELP)
def bridge(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback needs JAX_API_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port.")] = _PORT,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop."),
    ] = False,
    exit_with_parent: Annotated[bool, typer.Option("--exit-with-parent", hidden=True)] = False,
) -> None:
    from jax.app.bridge.settings import load_settings
    from jax.app.listening_socket import check_guarded, listen
    from jax.app.log_lines import log_to_standard_error

    settings = load_settings()
    check_guarded(host, settings.api_token)
    home = home_folder()
    with listen(host, port, ports=()) as listening:
        log_to_standard_error()
        from jax.app.bridge.server import serve
        from jax.app.http.serving import Place, run

        run(serve(Place(home, listening, host), settings, exit_with_parent=exit_with_parent))


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=PROGRAM)
