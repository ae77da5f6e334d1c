"""Pieces of HTML; whatever is not markup is escaped here."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

_DASH = "\N{EN DASH}"
_NO_BREAK = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


class Markup(str):
    """HTML that is ready to be put into the page."""

    __slots__ = ()


def text(value: object) -> Markup:
    """`value` escaped, or as it is when it is markup already."""
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def joined(parts: Iterable[object]) -> Markup:
    """The parts one after another, escaped where they must be."""
    return Markup("".join(text(part) for part in parts))


def element(name: str, *parts: object, css: str = "", **attributes: str) -> Markup:
    """`<name class="css" ...>parts</name>`."""
    given = {**({"class": css} if css else {}), **attributes}
    spelled = "".join(f' {key}="{html.escape(value)}"' for key, value in given.items())
    return Markup(f"<{name}{spelled}>{joined(parts)}</{name}>")


def script(source: str) -> Markup:
    """`source` as an inline script; a closing tag within it cannot end it."""
    return Markup(f"<script>{_unclosed(source)}</script>")


def script_hash(source: str) -> str:
    """The source expression that allows this very script (Content Security Policy Level 3, section 2.3.1)."""
    digest = hashlib.sha256(_unclosed(source).encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def data(identifier: str, value: Any) -> Markup:
    """`value` as JSON that the page's script reads; no text in it can end the element."""
    document = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return Markup(f'<script type="application/json" id="{html.escape(identifier)}">{document}</script>')


def facts(rows: Iterable[tuple[str, object]]) -> Markup:
    """A table of names and values."""
    lines = [element("tr", element("th", name, scope="row"), element("td", value)) for name, value in rows]
    return element("table", element("tbody", *lines))


def listing(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """A table with a head row; a cell that is not markup already is escaped."""
    lines = [element("tr", *(_cell(value) for value in row)) for row in rows]
    titles = element("tr", *(element("th", title, scope="col") for title in head))
    return element("table", element("thead", titles), element("tbody", *lines))


def number(value: Decimal, places: int) -> str:
    """`value` with thousands separated."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return f"{rounded:,f}".replace("-", _MINUS)


def percent(value: Decimal | None, places: int = 2) -> str:
    """A fraction as per cent; a dash for what is not defined."""
    return _DASH if value is None else f"{number(value * 100, places)}{_NO_BREAK}%"


def ratio(value: Decimal | None) -> str:
    """A ratio to two places; a dash for what is not defined."""
    return _DASH if value is None else number(value, 2)


def signed(value: Decimal, written: str) -> Markup:
    """`written` in the colour of a gain or a loss."""
    css = "gain" if value > 0 else "loss" if value < 0 else ""
    return element("span", written, css=css) if css else text(written)


def day(moment: datetime) -> str:
    """The UTC date."""
    return moment.date().isoformat()


def _cell(value: object) -> Markup:
    return element("td", value)


def _unclosed(source: str) -> str:
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
