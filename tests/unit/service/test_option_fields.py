"""A command that takes a dataclass has the dataclass's fields as its options."""

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from jax.app.option_fields import taking


@dataclass(frozen=True, slots=True, kw_only=True)
class Loud:
    """An option that several commands have."""

    volume: Annotated[int, typer.Option("--volume", min=1, help="How loud.")] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting(Loud):
    """Whom to greet."""

    name: Annotated[str, typer.Argument(help="Who.")]
    as_json: Annotated[bool, typer.Option("--json")] = False


def _greeter() -> tuple[typer.Typer, list[Greeting]]:
    app, heard = typer.Typer(), list[Greeting]()

    @app.command()
    @taking(Greeting)
    def greet(terms: Greeting) -> None:
        """Greet somebody."""
        heard.append(terms)

    return app, heard


def test_fields_are_options_with_their_defaults() -> None:
    app, heard = _greeter()
    assert CliRunner().invoke(app, ["mia"]).exit_code == 0
    assert CliRunner().invoke(app, ["--volume", "7", "--json", "leo"]).exit_code == 0
    assert heard == [Greeting(name="mia"), Greeting(volume=7, name="leo", as_json=True)]


def test_what_the_fields_do_not_allow_is_a_usage_error() -> None:
    app, heard = _greeter()
    for arguments in ([], ["mia", "--volume", "0"], ["mia", "--what"], ["mia", "--volume", "loud"]):
        assert CliRunner().invoke(app, arguments).exit_code == 2
    assert heard == []


def test_help_names_the_options_and_what_the_command_does() -> None:
    app, _ = _greeter()
    said = CliRunner().invoke(app, ["--help"]).output
    for part in ("Greet somebody.", "--volume", "How loud.", "{name}", "--json"):
        assert part in said
