"""Where a trader writes that decides and places nothing."""

import re
from functools import lru_cache

# Names of ours only: values are never in the text of a statement.
_WRITTEN = re.compile(r"\b(?:trading|audit(?=\.(?:entry|lock_end)\b)|advice(?=\.request\b))\.")


@lru_cache(maxsize=1024)
def in_shadow(sql: str) -> str:
    """The statement on the copies in schema `shadow` of the tables that a trader writes."""
    return _WRITTEN.sub("shadow.", sql)
