"""Names that say nothing, or repeat what the language says already."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.ratchets.source import Finding, Source

_EMPTY = r"utils?|helpers?|common|managers?"
_EMPTY_FILE = re.compile(rf"(?:.+_)?(?:{_EMPTY}|base)|(?:{_EMPTY}|base)_.+")
# base_currency and base_url are words of the trade, in front of another word.
_WORDS_OF_THE_TRADE = re.compile(r"base_(?:currency|url)(?:_.+)?")
_EMPTY_CLASS = re.compile(
    r"I[A-Z][a-z]\w*|_?Abstract[A-Z]\w*|\w+Impl|_?Base|_?Base[A-Z]\w*|\w+Base|\w*(?:Utils?|Helpers?|Managers?)|_?Common\w*"
)


def empty_names(source: Source) -> Iterator[Finding]:
    """Find packages, files and classes with names like `utils`, `order_helpers`, `IBroker`, `StoreImpl`."""
    for part in source.module.split("."):
        if _EMPTY_FILE.fullmatch(part) and not _WORDS_OF_THE_TRADE.fullmatch(part):
            yield Finding("empty-name", source.module, f"'{part}' does not say what is inside")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and _EMPTY_CLASS.fullmatch(node.name):
            where = f"{source.module}:{node.name}"
            yield Finding(
                "empty-name", where, "name the class by what it is, an adapter by technology and role"
            )
