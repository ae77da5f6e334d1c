"""What came back over the wire for one request, without what must not be told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from errno import ECONNREFUSED
from socket import EAI_AGAIN, EAI_NONAME

_NO_CONNECTION = frozenset({ECONNREFUSED, EAI_AGAIN, EAI_NONAME})
_SHOWN = 120
_LONGEST_WAIT_SECONDS = 7 * 24 * 3600.0
RATE_LIMITED = frozenset({429, 418})


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """`status` is None when none came; `code` and `message` are the venue's own words for an error.

    `members` are what its JSON object holds that is not null, None when it is no JSON at all.
    `retry_after_seconds` is what the venue asked for. The address of a request holds its signature, and an
    error of ccxt the address: neither is kept.
    """

    status: int | None = None
    code: str = ""
    message: str = ""
    members: frozenset[str] | None = None
    retry_after_seconds: float | None = None
    cause: str = ""
    could_not_connect: bool = False

    @property
    def told(self) -> str:
        """In a few words, for people."""
        status = "no answer" if self.status is None else f"HTTP {self.status}"
        return ", ".join(part for part in (status, self.code, self.message, self.cause) if part)


def answer_of(status: int, headers: Mapping[str, str], body: str, *, now: datetime) -> WireAnswer:
    """The answer that an HTTP response is."""
    document = _document_of(body)
    members = document if isinstance(document, dict) else {}
    by_lower_case = {name.lower(): value for name, value in headers.items()}
    return WireAnswer(
        status=status,
        code=_word(members.get("code")),
        message=_word(members.get("msg", members.get("message"))),
        members=None if document is None else frozenset(key for key in members if members[key] is not None),
        retry_after_seconds=_seconds_of(by_lower_case.get("retry-after"), now=now),
    )


def answer_without_response(error: BaseException) -> WireAnswer:
    """What an exception says when no response was heard: a refused connection has carried nothing."""
    cause: BaseException | None = error.__cause__ or error
    refused = isinstance(cause, OSError) and cause.errno in _NO_CONNECTION
    return WireAnswer(cause=type(error).__name__, could_not_connect=refused)


def _document_of(body: str) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _word(said: object) -> str:
    if not isinstance(said, str | int):
        return ""
    return "".join(letter for letter in str(said) if letter.isprintable())[:_SHOWN]


def _seconds_of(written: str | None, *, now: datetime) -> float | None:
    """Retry-After as RFC 9110 10.2.3 has it: whole seconds, or a date."""
    if written is None:
        return None
    if written.isascii() and written.isdigit():
        return min(float(written), _LONGEST_WAIT_SECONDS)
    try:
        until = parsedate_to_datetime(written)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), _LONGEST_WAIT_SECONDS)
