"""Where two answers part, in words that a person can follow."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST_SHOWN = 300
ABSENT = "(nothing)"


@dataclass(frozen=True, slots=True)
class Difference:
    """`at` is the place in the exchange of that number, counted from 1; `baseline` and `found` are JSON."""

    exchange: int
    service: str
    endpoint: str
    at: str
    baseline: str
    found: str

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield f"exchange {self.exchange}, {self.endpoint} of {self.service}: {self.at}"
        yield f"  baseline  {self.baseline}"
        yield f"  found     {self.found}"


def parted(baseline: Any, found: Any, at: str) -> Iterator[tuple[str, str, str]]:
    """Each place below `at` where the JSON values differ: the place, what was, what is."""
    if isinstance(baseline, dict) and isinstance(found, dict):
        yield from _parted_fields(baseline, found, at)
    elif isinstance(baseline, list) and isinstance(found, list):
        if len(baseline) != len(found):
            yield f"{at}, its length", str(len(baseline)), str(len(found))
        for number, (was, now) in enumerate(zip(baseline, found, strict=False)):
            yield from parted(was, now, f"{at}[{number}]")
    elif type(baseline) is not type(found) or baseline != found:
        yield at, _shown(baseline), _shown(found)


def _parted_fields(
    baseline: Mapping[str, Any], found: Mapping[str, Any], at: str
) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys((*baseline, *found)):
        if name not in found:
            yield f"{at}.{name}", _shown(baseline[name]), ABSENT
        elif name not in baseline:
            yield f"{at}.{name}", ABSENT, _shown(found[name])
        else:
            yield from parted(baseline[name], found[name], f"{at}.{name}")


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]} ..."
