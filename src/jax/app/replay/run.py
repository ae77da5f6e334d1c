"""One replay of recorded decisions, and how it is told."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from jax.app.home import home_folder
from jax.app.replay.wiring import RecordedDecisions, open_decisions
from jax.app.research.progress import progress_bar
from jax.app.service_settings import ServiceSettings, settings_of_environment
from jax.app.spans import moment
from jax.modules.execution.replay_decisions import DecidedAgain, Outcome

_TELL_EVERY = 100
_NOTHING = "(nothing)"


@dataclass(slots=True)
class Replayed:
    """How many decisions there were of each outcome, and the first of those that are to be looked at."""

    since: datetime
    account: str | None
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    first_difference: DecidedAgain | None = None
    older: tuple[int, int] | None = None

    def add(self, found: DecidedAgain) -> None:
        """One more decision."""
        self.counts[found.outcome] += 1
        if found.outcome is Outcome.DIFFERENT and self.first_difference is None:
            self.first_difference = found
        if found.outcome is Outcome.OLDER:
            self.older = (found.n if self.older is None else self.older[0], found.n)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        first = self.first_difference
        return {
            "since": self.since.isoformat(),
            "account": self.account,
            "decisions": sum(self.counts.values()),
            **{outcome.name.lower(): count for outcome, count in self.counts.items()},
            "older_entries": self.older,
            "first_difference": None if first is None else _document(first),
        }

    def lines(self) -> Iterator[str]:
        """For a person."""
        counts = self.counts
        of_account = "" if self.account is None else f" about {self.account}"
        yield (
            f"{sum(counts.values())} decisions{of_account} since {self.since.isoformat()}: "
            f"{counts[Outcome.EQUAL]} decided again and equal, {counts[Outcome.DIFFERENT]} different"
        )
        if undecided := counts[Outcome.UNDECIDED]:
            yield f"{undecided} were denied before the rules of risk were asked: there is nothing to decide"
        if self.older is not None:
            first, last = self.older
            yield (
                f"{counts[Outcome.OLDER]} are recorded in an older format and cannot be decided again: "
                f"entries {first} to {last} of the audit log"
            )
        if self.first_difference is not None:
            yield from _told(self.first_difference)


async def replay(since: str, account: str | None) -> Replayed:
    """Every decision since then; InvalidValue for a moment that is none, and as the ports raise."""
    settings = settings_of_environment(ServiceSettings)
    async with open_decisions(home_folder(), settings.database_url) as recorded:
        return await _replayed(recorded, moment("since", since, now=recorded.clock.now()), account)


async def _replayed(recorded: RecordedDecisions, since: datetime, account: str | None) -> Replayed:
    result, until = Replayed(since, account), await recorded.replaying.newest()
    decisions = recorded.replaying.decided_again(since, until=until, account=account)
    with progress_bar("Deciding again", "entries") as bar:
        before: int | None = None
        async with aclosing(decisions):
            async for found in decisions:
                result.add(found)
                before = found.n if before is None else before
                if sum(result.counts.values()) % _TELL_EVERY == 0:
                    bar.to(found.n - before, until - before)
    return result


def _document(found: DecidedAgain) -> dict[str, Any]:
    return {
        "entry": found.n,
        "kind": found.kind,
        "subject": found.subject,
        "at": found.at.isoformat(),
        "differences": [asdict(difference) for difference in found.differences],
    }


def _told(found: DecidedAgain) -> Iterator[str]:
    at = found.at.isoformat()
    yield f"the first difference is in entry {found.n}, {found.kind} of {found.subject} at {at}"
    for difference in found.differences:
        was, now = difference.recorded or _NOTHING, difference.decided or _NOTHING
        yield f"  {difference.name}: recorded {was}, now {now}"
