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

    `retry_after_seconds` is what the venue asked for. The address of a request holds its signature, and an
    error of ccxt the address: neither is kept.
    """

    status: int | None = None
    code: str = ""
    message: str = ""
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
    code, message = _words_of(body)
    by_lower_case = {name.lower(): value for name, value in headers.items()}
    return WireAnswer(
        status, code, message, retry_after_seconds=_seconds_of(by_lower_case.get("retry-after"), now=now)
    )


def answer_without_response(error: BaseException) -> WireAnswer:
    """What an exception says when no response was heard: a refused connection has carried nothing."""
    cause: BaseException | None = error.__cause__ or error
    refused = isinstance(cause, OSError) and cause.errno in _NO_CONNECTION
    return WireAnswer(cause=type(error).__name__, could_not_connect=refused)


def _words_of(body: str) -> tuple[str, str]:
    try:
        document = json.loads(body)
    except ValueError:
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    message = document.get("msg", document.get("message"))
    return _word(document.get("code")), _word(message)


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
