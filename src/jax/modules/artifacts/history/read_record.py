"""Reads the rows of the record, and checks the chain on the way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jax.domain.audit import GENESIS
from jax.domain.canonical_json import Json
from jax.domain.record_row import COLUMNS, RecordRow
from jax.domain.signed import Trust
from jax.domain.snapshot import LogHead
from jax.domain.stored_entry import stored_entry
from jax.modules.artifacts.history.finding import About, Findings
from jax.modules.artifacts.history.told import Told, ToldEntries, is_told

_CHAIN = "audit.entry"
# Clocks of people's machines may be wrong by hours; who dates something back means days.
_SLOWEST_CLOCK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Record:
    """`hashes` are those of the chain by the number of their entry, `tables` all other rows."""

    hashes: Mapping[int, str]
    told: ToldEntries
    tables: Mapping[str, Sequence[RecordRow]]

    @property
    def head(self) -> LogHead | None:
        """The newest entry; None when there is none."""
        newest = max(self.hashes, default=None)
        return None if newest is None else LogHead(newest, self.hashes[newest])


@dataclass(frozen=True, slots=True)
class Case:
    """What every check takes: the record, whose signatures count, and where findings go."""

    record: Record
    trust: Trust
    findings: Findings

    def rows(self, table: str) -> Sequence[RecordRow]:
        """The rows of a table, in the order of its key."""
        return self.record.tables[table]

    def about(self, thing: str) -> About:
        """Where what is wrong with `thing` goes."""
        return self.findings.about(thing)

    def claim(self, about: About, kind: str, key: str | int) -> Told | None:
        """The entry of a kind that tells of what `about` is about; none is a finding."""
        told = self.record.told.claim(kind, key)
        if told is None:
            about.add("no entry of the audit log tells of it")
        return told


def read_record(rows: Iterable[RecordRow], findings: Findings) -> Record:
    """The record; each break of the chain is a finding, named by the entry where it is."""
    tables: dict[str, list[RecordRow]] = {table: [] for table in COLUMNS if table != _CHAIN}
    chain = _Chain(findings)
    for row in rows:
        if row.table == _CHAIN:
            chain.add(row)
        elif row.table in tables:
            tables[row.table].append(row)
        else:
            findings.about(f"table {row.table}").add("is none that this version of Jax knows")
    return Record(chain.hashes, chain.told, tables)


class _Chain:
    """Entries in the order of their numbers, each against the one before it."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._last = (0, GENESIS)
        self._newest: datetime | None = None
        self.hashes: dict[int, str] = {}
        self.told = ToldEntries()

    def add(self, row: RecordRow) -> None:
        about = self._findings.about(f"audit entry {row.row.get('n')}")
        with about.noting():
            head = LogHead(row.whole("n"), row.text("entry_sha256"))
            n, entry_sha256 = head.n, head.entry_sha256
            self._check_link(about, n, row.text("previous_sha256"))
            self._last = n, entry_sha256
            self.hashes[n] = entry_sha256
            stored = stored_entry(row)
            if stored.sha256 != entry_sha256:
                about.add("it does not hash to the hash stored with it: it was changed")
            if is_told(row.text("kind")):
                told = _told(n, row, stored.data)
                self._check_date(about, told)
                self.told.add(told)

    def _check_link(self, about: About, n: int, previous_sha256: str) -> None:
        last, last_sha256 = self._last
        if n != last + 1:
            what = "what was between them is missing" if n > last else "its number was there already"
            about.add(f"it follows entry {last}: {what}")
        elif previous_sha256 != last_sha256:
            about.add(f"it does not follow from entry {last}: one of the two was replaced")

    def _check_date(self, about: About, told: Told) -> None:
        if self._newest is not None and told.at < self._newest - _SLOWEST_CLOCK:
            about.add(f"it is dated {told.at:%Y-%m-%d}, and one before it {self._newest:%Y-%m-%d}")
        self._newest = told.at if self._newest is None else max(self._newest, told.at)


def _told(n: int, row: RecordRow, data: Json) -> Told:
    return Told(
        n=n,
        kind=row.text("kind"),
        subject=row.text("subject"),
        actor=row.text("actor"),
        at=row.moment("at"),
        data=data if isinstance(data, Mapping) else {},
    )
