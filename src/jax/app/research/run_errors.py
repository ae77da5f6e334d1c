"""Why a run came to nothing, as a document that goes from process to process and onto the disk, and back."""

from collections.abc import Mapping
from typing import Any

from jax.domain.canonical_json import Json
from jax.domain.errors import InvalidValue
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, PortError, Refused, Unavailable

CANCELED = "CANCELED"
LOST = "LOST"

_LONGEST_SENTENCE = 2_000
_BY_NAME: Mapping[str, type[PortError]] = {
    kind.__name__: kind for kind in (Conflict, NotFound, OutcomeUnknown, Unavailable)
}


class RunEnded(Exception):
    """Somebody ended the run, or the server did; `code` is CANCELED or LOST."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


def told(error: Exception) -> dict[str, Json]:
    """The error's name, one sentence of it, and what else its kind has."""
    document: dict[str, Json] = {"error": type(error).__name__, "sentence": _sentence(error)}
    if isinstance(error, InvalidValue):
        return {**document, "field": error.field, "problem": error.problem[:_LONGEST_SENTENCE]}
    if isinstance(error, Refused | RunEnded):
        return {**document, "code": error.code}
    return document


def error_of(document: Mapping[str, Any]) -> Exception:
    """The error that `told` told; RuntimeError for one that nobody was meant to see."""
    name, sentence = document["error"], document["sentence"]
    if name == InvalidValue.__name__:
        return InvalidValue(document["field"], document["problem"])
    if name == Refused.__name__:
        return Refused(sentence, code=document["code"])
    if name == RunEnded.__name__:
        return RunEnded(sentence, code=document["code"])
    if name in _BY_NAME:
        return _BY_NAME[name](sentence)
    return RuntimeError(f"{name}: {sentence}")


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST_SENTENCE] or type(error).__name__
