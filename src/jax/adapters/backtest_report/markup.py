"""Pieces of HTML; whatever is not markup is escaped here."""

import base64
import hashlib
import html
import json
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from jax.domain.visible_text import visible


class Markup(str):
    """HTML that is ready to be put into the page."""

    __slots__ = ()


def text(value: object) -> Markup:
    """`value` escaped and with unprintable characters spelled out, or as it is when it is markup already."""
    return value if isinstance(value, Markup) else Markup(html.escape(visible(str(value))))


def joined(parts: Iterable[object]) -> Markup:
    """The parts one after another, escaped where they must be."""
    return Markup("".join(text(part) for part in parts))


def element(name: str, *parts: object, css: str = "", **attributes: str) -> Markup:
    """`<name class="css" ...>parts</name>`."""
    given = {**({"class": css} if css else {}), **attributes}
    spelled = "".join(f' {key}="{text(value)}"' for key, value in given.items())
    return Markup(f"<{name}{spelled}>{joined(parts)}</{name}>")


def script(source: str) -> Markup:
    """`source` as an inline script; a closing tag within it cannot end it."""
    return Markup(f"<script>{_unclosed(source)}</script>")


def script_hash(source: str) -> str:
    """What allows this very script, as `style_hash` does its style."""
    return style_hash(_unclosed(source))


def style_hash(source: str) -> str:
    """The source expression that allows this very style (Content Security Policy Level 3, section 2.3.1)."""
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def data(identifier: str, value: Any) -> Markup:
    """`value` as JSON that the page's script reads; no text in it can end the element."""
    document = json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return Markup(f'<script type="application/json" id="{text(identifier)}">{document}</script>')


def card(title: str, *parts: object) -> Markup:
    """A part of the page under its title."""
    return element("section", element("h2", title), *parts, css="card")


def chart(identifier: str, label: str, *, low: bool = False) -> Markup:
    """Where the page's script draws: a line that tells what is under the pointer, and the chart itself."""
    place = element(
        "div", css="chart low" if low else "chart", id=identifier, role="img", **{"aria-label": label}
    )
    return joined([element("p", css="key", id=f"{identifier}-key"), place])


def note(words: str) -> Markup:
    """A remark in small print."""
    return element("p", words, css="note")


def facts(rows: Iterable[tuple[str, object]]) -> Markup:
    """A table of names and values."""
    lines = [element("tr", element("th", name, scope="row"), element("td", value)) for name, value in rows]
    return element("table", element("tbody", *lines), css="facts")


def listing(head: Sequence[str], rows: Iterable[Sequence[object]], css: str = "listing") -> Markup:
    """A table with a head row; a cell that is not markup already is escaped."""
    lines = [element("tr", *map(_cell, row)) for row in rows]
    titles = element("tr", *(element("th", title, scope="col") for title in head))
    return element("table", element("thead", titles), element("tbody", *lines), css=css)


def coloured(value: Decimal, written: str) -> Markup:
    """`written` in the colour of a gain or a loss."""
    css = "gain" if value > 0 else "loss" if value < 0 else ""
    return element("span", written, css=css) if css else text(written)


def _cell(value: object) -> Markup:
    return value if isinstance(value, Markup) and value.startswith("<td") else element("td", value)


def _unclosed(source: str) -> str:
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
