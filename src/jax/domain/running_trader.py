"""What a trader says of itself, so that two that run different things are noticed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jax.domain import checks
from jax.domain.errors import InvalidValue

_SHOWN = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class RunningTrader:
    """The process `boot_id`, which traded `account` with these artifacts at `reported_at`.

    `artifact_hashes` are sorted, each once; `snapshot_seq` (>= 1) is the signed snapshot that they follow
    from, None when there is none.
    """

    boot_id: str
    account: str
    artifact_hashes: tuple[str, ...]
    snapshot_seq: int | None
    reported_at: datetime

    def __post_init__(self) -> None:
        checks.text("boot_id", self.boot_id, longest=64)
        checks.text("account", self.account, longest=64)
        for found in self.artifact_hashes:
            checks.sha256("artifact_hashes", found)
        if self.artifact_hashes != tuple(sorted(set(self.artifact_hashes))):
            raise InvalidValue("artifact_hashes", "must be sorted, each hash once")
        if self.snapshot_seq is not None and not (self.snapshot_seq >= 1):
            raise InvalidValue("snapshot_seq", f"must be at least 1, not {self.snapshot_seq}")
        checks.utc("reported_at", self.reported_at)


def disagreements(own: RunningTrader, others: Iterable[RunningTrader]) -> tuple[str, ...]:
    """A sentence for each of `others` that runs other artifacts than `own`."""
    return tuple(_sentence(own, other) for other in others if other.artifact_hashes != own.artifact_hashes)


def _sentence(own: RunningTrader, other: RunningTrader) -> str:
    ours, theirs = set(own.artifact_hashes), set(other.artifact_hashes)
    return (
        f"another trader (account {other.account}) runs other artifacts: "
        f"only it runs {_listed(theirs - ours)}, only this one runs {_listed(ours - theirs)}"
    )


def _listed(hashes: set[str]) -> str:
    return ", ".join(found[:_SHOWN] for found in sorted(hashes)) or "nothing"
