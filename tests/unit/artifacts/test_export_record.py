"""An export is all of the record, and says so itself."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from jax.adapters.ed25519.verification import verify_ed25519
from jax.domain.approval_count import GateRefused
from jax.domain.canonical_json import strict_parse
from jax.domain.checkpoint import Checkpoint
from jax.domain.errors import InvalidValue
from jax.domain.record_row import RecordRow
from jax.domain.signed import Trust
from jax.modules.artifacts.export_record import LONGEST_LINE, ExportRecord, read_export
from jax.modules.artifacts.make_checkpoint import check_checkpoint, draft_checkpoint
from jax.modules.artifacts.verify_history import verify_history
from tests.gate_history import record_rows, recorded_history
from tests.gate_people import ROOT, SIGNED_AT, sign
from tests.recorded import Recorded
from tests.tampering import changed, row_of

HEADER = b'{"exported":"2026-03-01T00:00:00Z","schema":"jax/gate-export/v1"}\n'
ROW = b'{"row":{"n":1},"table":"audit.entry"}\n'


def end(count: int) -> bytes:
    return b'{"rows":%d}\n' % count


async def test_what_is_exported_is_read_back_as_it_was_stored() -> None:
    async with recorded_history() as history:
        desk = history.desk
        exporting = ExportRecord(unit_of_work=desk.unit_of_work, clock=desk.clock)
        lines = [line async for line in exporting.lines()]
        assert list(read_export(lines)) == await record_rows(desk.unit_of_work)
        assert verify_history(read_export(lines), desk.gate.root, verify_ed25519).findings == ()
    assert lines[0].startswith(b'{"exported":"')
    assert lines[0].endswith(b'"schema":"jax/gate-export/v1"}\n')
    assert lines[-1] == end(len(lines) - 2)
    for line in lines:
        assert line.endswith(b"\n")
        strict_parse(line.removesuffix(b"\n"))


def test_a_record_without_a_row_is_an_export_too() -> None:
    assert list(read_export([HEADER, end(0)])) == []


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "line 1 is not JSON"),
        ([b"{}\n"], "line 1 names the schema None"),
        ([b'{"schema":"jax/gate-export/v2"}\n', end(0)], "line 1 names the schema 'jax/gate-export/v2'"),
        ([HEADER], "it ends at line 1 without its last line"),
        ([HEADER, ROW], "it ends at line 2 without its last line"),
        ([HEADER, ROW, end(2)], "its last line counts 2 rows, there are 1"),
        ([HEADER, ROW, end(0)], "its last line counts 0 rows, there are 1"),
        ([HEADER, end(0), ROW], "line 3 comes after the end"),
        ([HEADER, ROW, ROW[:20]], "line 3 is not JSON"),
        ([HEADER, b"[]\n", end(1)], "line 2 is no object"),
        ([HEADER, b'{"row":{},"table":"t","more":1}\n'], "line 2 is no row of a table"),
        ([HEADER, b'{"row":[],"table":"t"}\n'], "line 2 is no row of a table"),
        ([HEADER, b'{"row":{},"table":7}\n'], "line 2 is no row of a table"),
        ([HEADER, b'{"row":{"n":[]},"table":"t"}\n'], "line 2 holds more than texts"),
        ([HEADER, b'{"row":{"n":1.5},"table":"t"}\n'], "1.5 is not an integer"),
        ([HEADER, b'{"row":{"n":NaN},"table":"t"}\n'], "NaN is not an integer"),
        ([HEADER, b'{"row":{"n":1,"n":2},"table":"t"}\n'], "names one key twice"),
        ([HEADER, b'{"row":{"n":"\xff"},"table":"t"}\n'], "line 2 is not JSON"),
        ([HEADER, b"[" * 100_000], "line 2 is not JSON"),
        ([HEADER, b" " * (LONGEST_LINE + 1)], "line 2 is longer than"),
    ],
    ids=str,
)
def test_what_is_no_export_is_named_by_its_line(lines: Sequence[bytes], problem: str) -> None:
    with pytest.raises(InvalidValue, match=r"^export: ") as refused:
        list(read_export(lines))
    assert problem in str(refused.value)


def test_the_longest_line_holds_the_largest_payload() -> None:
    row = RecordRow("gate.artifact", {"payload": "A" * (4 * 1024 * 1024 // 3 + 4), "name": "n" * 400})
    assert list(read_export([HEADER, row.encoded(), end(1)])) == [row]


def test_a_checkpoint_says_where_a_record_without_findings_stands(recorded: Recorded) -> None:
    verdict = recorded.verdict()
    at = SIGNED_AT + timedelta(microseconds=5)
    drafted = draft_checkpoint(verdict, auditor="audrey", at=at)
    assert verdict.head is not None
    assert drafted == Checkpoint(verdict.head, 4, verdict.revoked, "audrey", SIGNED_AT)
    envelope = sign(drafted.statement(), "audrey")
    trust = Trust(ROOT, verify_ed25519)
    assert check_checkpoint(envelope, trust) == drafted
    assert recorded.verdict(checkpoint=envelope).checkpoint == drafted


def test_no_checkpoint_is_made_of_a_record_that_does_not_verify(recorded: Recorded) -> None:
    entry = row_of(recorded.rows, "audit.entry", n=13)
    verdict = recorded.verdict(changed(recorded.rows, entry, actor="mallory"))
    with pytest.raises(GateRefused, match=r"does not verify.*: audit entry 13: .*, and 1 more"):
        draft_checkpoint(verdict, auditor="audrey", at=SIGNED_AT)


def test_no_checkpoint_is_made_of_nothing() -> None:
    with pytest.raises(GateRefused, match="nothing is recorded yet"):
        draft_checkpoint(verify_history([], ROOT, verify_ed25519), auditor="audrey", at=SIGNED_AT)


def test_a_checkpoint_that_nobody_would_accept_is_refused_at_once(recorded: Recorded) -> None:
    drafted = draft_checkpoint(recorded.verdict(), auditor="rene", at=SIGNED_AT)
    with pytest.raises(GateRefused, match="would not count: the key of rene has no AUDITOR role"):
        check_checkpoint(sign(drafted.statement(), "rene"), Trust(ROOT, verify_ed25519))
