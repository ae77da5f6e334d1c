"""Exports the record, verifies an export, and signs where the record stands."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from jax.app.approver.gate import Gate
from jax.app.approver.signing import Hand
from jax.app.approver.whole_file import refuse_taken, whole_file
from jax.app.console import CommandFailed
from jax.app.research.progress import Advance, progress_bar
from jax.domain.checkpoint import Checkpoint
from jax.domain.signed import Trust
from jax.modules.artifacts.export_record import LONGEST_LINE, ExportRecord, read_export
from jax.modules.artifacts.make_checkpoint import check_checkpoint, draft_checkpoint
from jax.modules.artifacts.verify_history import HistoryVerdict, verify_history

_TELL_EVERY = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a checkpoint goes, and the earlier one that the record must still agree with, if any."""

    file: Path
    earlier: Path | None
    overwrite: bool


async def export_to(gate: Gate, path: Path) -> int:
    """Writes everything that is recorded to a new file; how many lines. CommandFailed, Unavailable."""
    exporting = ExportRecord(unit_of_work=gate.unit_of_work, clock=gate.clock)
    count = 0
    with whole_file(path) as file, progress_bar("Exporting the record", "lines") as bar:
        async with aclosing(exporting.lines()) as lines:
            async for line in lines:
                file.write(line)
                count += 1
                if count % _TELL_EVERY == 0:
                    bar.to(count)
        bar.to(count, count)
    return count


def verify_export(path: Path, trust: Trust, checkpoint: bytes | None) -> HistoryVerdict:
    """What holds of an export, and what does not; InvalidValue when it is none, CommandFailed."""
    try:
        with path.open("rb") as file, progress_bar("Verifying the record", "bytes") as bar:
            rows = read_export(_lines(file, path.stat().st_size, bar))
            return verify_history(rows, trust.root, trust.verify, checkpoint)
    except OSError as error:
        raise CommandFailed(f"the export {path} cannot be read ({error.strerror or error})") from error


async def verify_stored(gate: Gate, trust: Trust, checkpoint: bytes | None) -> HistoryVerdict:
    """The same of the database, by way of an export that is thrown away."""
    with TemporaryDirectory(prefix=".verify-", dir=gate.home) as folder:
        path = Path(folder) / "export.jsonl"
        await export_to(gate, path)
        return verify_export(path, trust, checkpoint)


async def make_checkpoint(gate: Gate, place: Place, hand: Hand) -> Checkpoint:
    """Verifies the database, and writes the signed checkpoint of it; GateRefused when it does not verify."""
    hand.check()
    if not place.overwrite:
        refuse_taken(place.file, "name another file, or replace it with --force")
    trust = gate.trust()
    earlier = None if place.earlier is None else read_checkpoint(place.earlier)
    verdict = await verify_stored(gate, trust, earlier)
    drafted = draft_checkpoint(verdict, auditor=hand.person, at=gate.clock.now())
    (envelope,) = hand.sign(drafted.statement())
    checkpoint = check_checkpoint(envelope, trust)
    with whole_file(place.file, overwrite=place.overwrite) as file:
        file.write(envelope + b"\n")
    return checkpoint


def read_checkpoint(path: Path) -> bytes:
    """The envelope in the file, unverified; CommandFailed."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_LINE).rstrip(b"\r\n")
    except OSError as error:
        raise CommandFailed(f"the checkpoint {path} cannot be read ({error.strerror or error})") from error


def _lines(file: BinaryIO, size: int, bar: Advance) -> Iterator[bytes]:
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b"")):
        if number % _TELL_EVERY == 0:
            bar.to(file.tell(), size)
        yield line
