"""The exceptions from the ratchets: a list that may only become shorter."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.architecture.ratchets.source import Finding

FILE = Path(__file__).with_name("exceptions.toml")


class Exempted(NamedTuple):
    """A finding that is known, with its size at the time and the reason why it stays."""

    rule: str
    where: str
    size: int
    reason: str


def read(text: str) -> list[Exempted]:
    """Return the exceptions in the TOML `text`.

    Raises:
        ValueError: an exception has no reason.
    """
    listed = [
        Exempted(**{"size": 0, "reason": "", **entry}) for entry in tomllib.loads(text).get("exception", [])
    ]
    for entry in listed:
        if not entry.reason.strip():
            raise ValueError(f"The exception {entry.rule} {entry.where} needs a reason.")
    return listed


def complaints(findings: Iterable[Finding], listed: Iterable[Exempted]) -> Iterator[str]:
    """Yield a sentence for each finding that is not excepted, and each exception that is not exact."""
    sizes = {(entry.rule, entry.where): entry.size for entry in listed}
    for finding in findings:
        exempted = sizes.pop((finding.rule, finding.where), None)
        if exempted is None or finding.size > exempted:
            yield f"{finding.rule}: {finding.where}: {finding.detail}"
        elif finding.size < exempted:
            yield f"{finding.rule}: {finding.where}: write size = {finding.size}, it has shrunk"
    for rule, where in sizes:
        yield f"{rule}: {where}: remove it from {FILE.name}, nothing needs it any more"
