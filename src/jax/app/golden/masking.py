"""What differs from run to run is masked: an identity by a number of its own, the rest by its kind."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

_PLACE = re.compile(r"<[a-z_]+ [1-9][0-9]*>")
# A shorter text may stand in another one by chance.
_SHORTEST_FOUND_IN_TEXT = 8


class UnboundName(Exception):
    """A request needs an identity that no answer has given."""


class Masks:
    """The identities of one run, in the order in which its answers named them.

    The second signal id that comes is `<signal_id 2>` wherever it stands, in texts and requests too. None
    is never masked: a value that appears or goes is a difference. A volatile field may be named with the one
    that holds it: `fills.ts_event`.
    """

    def __init__(self, *, identities: Sequence[str], volatile: Sequence[str]) -> None:
        self._identities = frozenset(identities)
        self._volatile = frozenset(volatile)
        self._place_of: dict[str, str] = {}

    def mask(self, answer: Any) -> Any:
        """`answer`, a JSON value, without what differs from run to run."""
        self._learn(answer)
        return self._masked(answer)

    def fill(self, asked: Any) -> Any:
        """`asked`, a JSON value, with this run's identities in their places; UnboundName."""
        if isinstance(asked, dict):
            return {name: self.fill(value) for name, value in asked.items()}
        if isinstance(asked, list):
            return [self.fill(value) for value in asked]
        return _PLACE.sub(self._value_at, asked) if isinstance(asked, str) else asked

    def _value_at(self, found: re.Match[str]) -> str:
        for value, place in self._place_of.items():
            if place == found[0]:
                return value
        raise UnboundName(found[0])

    def _learn(self, answer: Any) -> None:
        for name, value in _fields(answer):
            if name in self._identities and isinstance(value, str) and value not in self._place_of:
                number = 1 + sum(place.startswith(f"<{name} ") for place in self._place_of.values())
                self._place_of[value] = f"<{name} {number}>"

    def _masked(self, value: Any, name: str = "", within: str = "") -> Any:
        if value is not None and not self._volatile.isdisjoint((name, f"{within}.{name}")):
            return _kind_of(value)
        if isinstance(value, dict):
            return {key: self._masked(part, key, name) for key, part in value.items()}
        if isinstance(value, list):
            return [self._masked(part, name, within) for part in value]
        return self._masked_text(value) if isinstance(value, str) else value

    def _masked_text(self, text: str) -> str:
        if text in self._place_of:
            return self._place_of[text]
        for value, place in self._place_of.items():
            if len(value) >= _SHORTEST_FOUND_IN_TEXT:
                text = text.replace(value, place)
        return text


def _fields(answer: Any, name: str = "") -> Sequence[tuple[str, Any]]:
    """Every value that is no container, with the name of the field that it stands in, in order."""
    if isinstance(answer, dict):
        return [found for key, part in answer.items() for found in _fields(part, key)]
    if isinstance(answer, list):
        return [found for part in answer for found in _fields(part, name)]
    return [(name, answer)]


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "<true or false>"
    if isinstance(value, int | float):
        return "<number>"
    if isinstance(value, str):
        return "<time>" if _is_time(value) else "<text>"
    return "<list>" if isinstance(value, list) else "<object>"


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
