"""Patterns over dotted module names, as the import contracts use them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from importlinter.domain import fields

_COMPONENT = re.compile(r"\*\*|[A-Za-z0-9_*]+")


@dataclass(frozen=True)
class ModulePattern:
    """A dotted name that covers the modules it names and everything below them.

    `*` stands for any characters within one component, a component `**` for any number of
    components, also none: `jax.app.**.*_wiring` covers `jax.app.trader.database_wiring`.
    """

    text: str

    def covers(self, module: str) -> bool:
        """Return whether `module` is named by this pattern or lies below a module that is."""
        return self._expression.fullmatch(module) is not None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        parts = [
            r"(?:\w+\.)*" if component == "**" else component.replace("*", r"\w*") + r"\."
            for component in self.text.split(".")
        ]
        return re.compile("".join(parts).removesuffix(r"\.") + r"(?:\.\w+)*")


def any_covers(patterns: Iterable[ModulePattern], module: str) -> bool:
    """Return whether at least one of `patterns` covers `module`."""
    return any(pattern.covers(module) for pattern in patterns)


class ModulePatternField(fields.Field[ModulePattern]):
    """A line of a contract's configuration that holds one pattern."""

    def parse(self, raw_data: str | list[str]) -> ModulePattern:
        """Return the pattern.

        Raises:
            ValidationError: the text is not a dotted name, or ends in `**` (`x` covers what is below it).
        """
        text = fields.StringField().parse(raw_data)
        components = text.split(".")
        if components[-1] == "**" or not all(_COMPONENT.fullmatch(component) for component in components):
            raise fields.ValidationError(
                f"'{text}' is not a module pattern; write it like jax.app.**.wiring."
            )
        return ModulePattern(text)
