"""jax-research: imports bars; offers backtests and the gate over HTTP."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from jax.app import console

_PROGRAM = "jax-research"
app = console.new_app("Market data, and the service for backtests and the promotion gate.", program=_PROGRAM)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
# 8092 is the bridge's.
_PORTS = (8091, *range(8093, 8100))


def main() -> None:
    """Entry point of the console script."""
    console.run(app, program=_PROGRAM)


@app.command("import")
def import_bars(
    csv: Annotated[Path | None, typer.Option(help="A CSV file instead of the sample series.")] = None,
    mic: Annotated[str, typer.Option(help="Where the file's symbols are listed (ISO 10383).")] = "XNYS",
    currency: Annotated[str, typer.Option(help="What they are traded in (ISO 4217).")] = "USD",
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Store the good rows of a file that holds bad ones.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Check daily bars against the exchange's calendar and store them; a repeat changes nothing."""
    from jax.app.home import home_folder
    from jax.app.research.documents import import_document
    from jax.app.research.progress import progress_bar
    from jax.app.research.wiring import build_research

    research = build_research(home_folder())
    with progress_bar("Importing", "rows") as bar:
        work = (
            research.import_bars(bar.to, skip_bad_rows=skip_bad_rows)
            if csv is None
            else research.import_csv(
                csv, mic=mic, currency=currency, skip_bad_rows=skip_bad_rows, progress=bar.to
            )
        )
        report = asyncio.run(work)
    for finding in (*report.rejected, *report.gaps):
        console.note(str(finding))
    if as_json:
        console.print_json(import_document(report))
    if report.rejected and not skip_bad_rows:
        raise console.CommandFailed(
            f"{len(report.rejected)} of {report.rows} rows of {report.vendor} cannot be bars, so nothing was "
            "stored: mend them, or pass --skip-bad-rows"
        )
    if not as_json:
        typer.echo(
            f"{report.vendor}: {report.imported} bars imported, {report.already_there} were there already, "
            f"{len(report.rejected)} rows rejected, {len(report.gaps)} gaps"
        )


@app.command(epilog="Example: jax-research serve --port 8091")
def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback needs JAX_API_TOKEN.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port; by default the first free one from 8091 to 8099."),
    ] = None,
) -> None:
    """Offer backtests, advice and the promotion gate over HTTP; private keys stay with those who sign."""
    from jax.app.home import home_folder
    from jax.app.listening_socket import check_guarded, listen
    from jax.app.log_lines import log_to_standard_error
    from jax.app.research.settings import ResearchSettings
    from jax.app.service_settings import settings_of_environment

    settings = settings_of_environment(ResearchSettings)
    check_guarded(host, settings.api_token)
    home = home_folder()
    with listen(host, port, ports=_PORTS) as listening:
        taken = listening.getsockname()[1]
        if port is None and taken != _PORTS[0]:
            console.note(f"port {_PORTS[0]} is taken: {_PROGRAM} uses {taken}")
        log_to_standard_error()
        from jax.app.http.serving import Place, run
        from jax.app.research.server import serve as serve_desk

        run(serve_desk(Place(home, listening, host), settings))


if __name__ == "__main__":
    main()
