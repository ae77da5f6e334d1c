"""What the audit log tells of the gate and of trades, to be held against the rows that it tells of."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from jax.domain.canonical_json import Json

_GATE = ("artifact.", "gate.")
DECIDED = "order.decided"


@dataclass(frozen=True, slots=True)
class Told:
    """Entry `n` of the chain."""

    n: int
    kind: str
    subject: str
    actor: str
    at: datetime
    data: Mapping[str, Json]

    @property
    def name(self) -> str:
        """What findings call it."""
        return f"audit entry {self.n}"


def is_told(kind: str) -> bool:
    """Whether entries of this kind have a row that they tell of."""
    return kind.startswith(_GATE) or kind == DECIDED


def is_known(kind: str) -> bool:
    """Whether this version knows the rows that entries of this kind tell of."""
    return kind in _KEYS


def _envelope(told: Told) -> Json:
    return told.data.get("envelope_sha256")


def _subject(told: Told) -> Json:
    return told.subject


# By what a row finds its entry.
_KEYS: Mapping[str, Callable[[Told], Json]] = MappingProxyType(
    {
        "artifact.submitted": _subject,
        "artifact.step": lambda told: told.n,
        "artifact.evidence": _envelope,
        "artifact.approval": _envelope,
        "gate.policy": _subject,
        "gate.keys": lambda told: told.n,
        "gate.snapshot": lambda told: told.data.get("seq"),
        "gate.revocation": _subject,
        DECIDED: _subject,
    }
)


class ToldEntries:
    """Each entry belongs to one row, which claims it; what nobody has claimed has lost its row."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, Json], deque[Told]] = defaultdict(deque)
        self._unclaimed: dict[int, Told] = {}
        self._by_n: dict[int, Told] = {}

    def add(self, told: Told) -> None:
        """Entries come in the order of the chain."""
        self._by_n[told.n] = self._unclaimed[told.n] = told
        key = _KEYS[told.kind](told) if told.kind in _KEYS else None
        if isinstance(key, str | int):
            self._waiting[told.kind, key].append(told)

    def claim(self, kind: str, key: str | int) -> Told | None:
        """The first entry of the kind with this key that no other row has claimed."""
        waiting = self._waiting.get((kind, key))
        if not waiting:
            return None
        told = waiting.popleft()
        del self._unclaimed[told.n]
        return told

    def entry(self, n: int) -> Told | None:
        """Entry `n`, claimed or not."""
        return self._by_n.get(n)

    def of_kind(self, kind: str) -> Iterator[Told]:
        """All entries of a kind, in the order of the chain."""
        return (told for told in self._by_n.values() if told.kind == kind)

    def unclaimed(self) -> tuple[Told, ...]:
        """What has no row."""
        return tuple(self._unclaimed.values())
