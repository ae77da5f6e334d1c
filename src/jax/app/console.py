"""What all commands share: exit codes, one-line errors, JSON on the last line."""

import json
import sys
from decimal import Decimal
from importlib.metadata import version
from typing import Any, NoReturn

import typer

from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.promotion import GateRefused
from jax.ports.errors import PortError

OK = 0
FAILED = 1
USAGE = 2
REFUSED_BY_POLICY = 3

DISTRIBUTION = "jax-trading-assistant"


class CommandFailed(Exception):
    """A command cannot go on; the message is one sentence that names the thing and the remedy."""


def run(app: typer.Typer, *, program: str) -> NoReturn:
    """Runs `app` and ends the process: 0 ok, 1 failed, 2 usage, 3 refused by policy."""
    try:
        app(prog_name=program)
    except (GateRefused, IllegalTransition) as error:
        _stop(program, error, REFUSED_BY_POLICY)
    except (CommandFailed, InvalidValue, PortError, OSError) as error:
        _stop(program, error, FAILED)
    sys.exit(OK)


def new_app(summary: str, *, program: str) -> typer.Typer:
    """An app with `--version`; its commands are added by the caller."""
    app = typer.Typer(
        help=summary, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode="rich"
    )

    def print_version(wanted: bool) -> None:
        if wanted:
            typer.echo(f"{program} {version(DISTRIBUTION)}")
            raise typer.Exit

    @app.callback()
    def options(
        show_version: bool = typer.Option(
            False, "--version", callback=print_version, is_eager=True, help="Print the version and stop."
        ),
    ) -> None:
        pass

    options.__doc__ = summary
    return app


def note(line: str) -> None:
    """One line for the person who watches; stdout stays for results."""
    typer.echo(line, err=True)


def say(line: str) -> None:
    """One line of a result, on standard output."""
    typer.echo(line)


def print_json(result: Any) -> None:
    """`result` as one line of JSON, Decimals as strings."""
    typer.echo(json.dumps(result, default=_spell, separators=(",", ":")))


def _spell(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def _stop(program: str, error: Exception, code: int) -> NoReturn:
    first_line, *_ = str(error).splitlines() or [type(error).__name__]
    note(f"{program}: {first_line}")
    sys.exit(code)
