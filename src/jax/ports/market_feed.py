"""What markets say, as it comes."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jax.domain.bar import Bar
from jax.domain.tick import Tick


@dataclass(frozen=True, slots=True)
class FeedLost:
    """From here on something may be missing; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True)
class FeedBack:
    """From here on everything comes, until the next FeedLost."""


# A Bar is one that is over, as the feed itself has it.
FeedItem = Tick | Bar | FeedLost | FeedBack


class FeedStream(Protocol):
    """What is heard while a subscription lasts."""

    async def heard(self, within_seconds: float) -> Sequence[FeedItem]:
        """What came and was not given yet, at most 5,000, in the order in which it came.

        Waits at most `within_seconds` for something, and is empty when nothing came. Who calls too seldom
        slows the feed down; nothing is left out without a FeedLost before it. Canceling a call loses nothing.
        """
        ...


class MarketFeed(Protocol):
    """A source of ticks and bars that looks after its own connection.

    Whatever goes wrong on the way is told as FeedLost, tried again without end, and told as FeedBack when it
    is over: nothing is raised. The first item that is not a FeedLost is a FeedBack.
    """

    @property
    def name(self) -> str: ...

    def now(self) -> datetime:
        """What time it is there: the clock's, or that of what was heard last where it is of another time."""
        ...

    def subscribe(self, symbols: Collection[str]) -> AbstractAsyncContextManager[FeedStream]:
        """Hears of these symbols until the block ends; one subscription at a time."""
        ...
