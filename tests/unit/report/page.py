"""What a browser would find in a page."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from jax.adapters.backtest_report.html_reporter import HtmlReporter
from tests.unit.report.report_content import content

_WITHOUT_END = {"meta"}


class Page(HTMLParser):
    """Elements with their attributes, the words that are read, and the text inside scripts and styles."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.cells: list[str] = []
        self._open = [""]
        self.feed(document.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _WITHOUT_END:
            self._open.append(tag)
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} is closed where it is not open"

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1], []).append(data)
        if {"td", "th"}.intersection(self._open):
            self.cells[-1] += data
        if self._open[-1] not in {"script", "style"}:
            self.words.append(data)

    def everything(self) -> str:
        """All that is read, piece by piece."""
        return " ".join(self.words)

    def beside(self, name: str) -> str:
        """The cell after the one that says `name`."""
        assert self.cells.count(name) == 1, f"{name!r} is there {self.cells.count(name)} times"
        return self.cells[self.cells.index(name) + 1]

    def scripts(self) -> Iterator[str]:
        """The texts of the scripts, in their order."""
        return iter(self.texts["script"])

    def drawn(self) -> Any:
        """The numbers that are drawn."""
        return json.loads(next(self.scripts()))


def page(**changes: Any) -> Page:
    """The page of `content`."""
    return Page(HtmlReporter().render(content(**changes)))
