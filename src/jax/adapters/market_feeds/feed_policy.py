"""How often a feed looks, how long it waits, and when it changes over to its fallback."""

from dataclasses import dataclass

from jax.domain.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class FeedPolicy:
    """Seconds, all above zero; `queue_size` items wait at most until they are heard.

    Polled is every `poll_seconds`. A connection that says nothing for `silence_seconds` is given up. The
    first try to connect again comes after `first_wait_seconds`, each later one after twice as long, up to
    `longest_wait_seconds`; a connection that stood for `stable_seconds` begins anew. Without a connection
    for `fallback_after_seconds`, the fallback is polled until there is one.
    """

    poll_seconds: float = 1.0
    silence_seconds: float = 10.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    stable_seconds: float = 10.0
    fallback_after_seconds: float = 5.0
    queue_size: int = 20_000

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if not (getattr(self, name) > 0):
                raise InvalidValue(name, f"must be above zero, not {getattr(self, name)}")

    def next_wait(self, wait_seconds: float) -> float:
        """How long the try after one that waited `wait_seconds` waits."""
        return min(2 * wait_seconds, self.longest_wait_seconds)
