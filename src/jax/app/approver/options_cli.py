"""Options that several commands share."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from jax.app import console

ArtifactName = Annotated[
    str,
    typer.Argument(
        metavar="ARTIFACT",
        help="Its id, `name@version`, or 4 and more characters its id or hash begins with.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="The key file, if not gate/keys/NAME in the home."),
]
Person = Annotated[str, typer.Option("--as", metavar="NAME", help="Who signs, with their own key.")]
PublishingPerson = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who publishes; the login of the database if left out."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded for good.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Who signs, why, and how the result is printed."""

    person: Person
    reason: Reason
    key_file: KeyFile = None
    as_json: AsJson = False


def usage_error(message: str) -> typer.BadParameter:
    """The error to raise when options do not fit together: exit code 2."""
    return typer.BadParameter(message)


def example(*lines: str) -> str:
    """The examples at the end of a command's help."""
    return "Example: " + "\n\n".join(f"artifact-approver {line}" for line in lines)


def print_result(as_json: bool, document: Mapping[str, object], *lines: str) -> None:
    """The result, as one JSON object or as lines for a person."""
    if as_json:
        console.print_json(document)
        return
    for line in lines:
        console.say(line)
