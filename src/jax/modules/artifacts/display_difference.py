"""What is different between two versions of a strategy, as text for people; pure."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jax.domain.approval_count import subject_name
from jax.domain.bundle import Bundle
from jax.domain.canonical_json import Json, canonical_bytes
from jax.domain.visible_text import visible
from jax.modules.artifacts.artifact_view import ShownVersion

_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A leaf of the payload, such as `risk.max_daily_loss`, that differs, as JSON; None where it lacks."""

    field: str
    before: str | None
    after: str | None


def field_changes(*, before: ShownVersion, after: ShownVersion) -> tuple[FieldChange, ...]:
    """Every leaf of the payloads that differs, sorted: parameters, metrics, data, risk and all the others."""
    old, new = (dict(_leaves("", version.payload.document)) for version in (before, after))
    return tuple(
        FieldChange(field, old.get(field), new.get(field))
        for field in sorted({*old, *new})
        if old.get(field) != new.get(field)
    )


def code_lines(*, before: Bundle | None, after: Bundle) -> list[str]:
    """The unified diff of the bundles' files, sorted by path; without `before`, every file as a new one."""
    old = {} if before is None else {file.path: file.source for file in before.files}
    new = {file.path: file.source for file in after.files}
    lines: list[str] = []
    for path in sorted({*old, *new}):
        lines.extend(_file_diff(path, old.get(path), new.get(path)))
    return lines


def displayed_difference(*, before: ShownVersion | None, after: ShownVersion) -> str:
    """The whole difference: fields first, then code; `before` None is nothing at all."""
    name = subject_name(after.artifact)
    if before is None:
        return "\n".join([f"All of {name} is new.", "", *_code(None, after)]) + "\n"
    return "\n".join(difference_lines(before=before, after=after)) + "\n"


def difference_lines(*, before: ShownVersion, after: ShownVersion) -> list[str]:
    """From `before` to `after`, each change of a field on lines of its own."""
    lines = [f"From {subject_name(before.artifact)}, {before.artifact.payload_sha256}", ""]
    for change in field_changes(before=before, after=after):
        lines.append(f"{visible(change.field)}:")
        lines.append(f"  - {_NOTHING if change.before is None else visible(change.before)}")
        lines.append(f"  + {_NOTHING if change.after is None else visible(change.after)}")
    return [*lines, "", *_code(before, after)]


def _code(before: ShownVersion | None, after: ShownVersion) -> list[str]:
    for version in (before, after):
        if version is not None and version.bundle is None:
            name = subject_name(version.artifact)
            return [f"The code of {name} cannot be shown: {visible(version.bundle_problem or '')}"]
    if after.bundle is None:
        return []
    old = None if before is None else before.bundle
    return code_lines(before=old, after=after.bundle) or ["The code is the same."]


def _file_diff(path: str, before: str | None, after: str | None) -> Iterator[str]:
    # Only at "\n": splitlines() would also split where no editor does, and hide a line end of another kind.
    old, new = (None if text is None else text.split("\n") for text in (before, after))
    names = ("/dev/null" if old is None else f"a/{path}", "/dev/null" if new is None else f"b/{path}")
    lines = list(difflib.unified_diff(old or [], new or [], *names, lineterm=""))
    if lines:
        # No line of a source can pass for this one, while `++ b/x.py` in a source looks like a file's name.
        yield "diff {} {}".format(*names)
    for line in lines:
        yield visible(line, ascii_only=True)


def _leaves(field: str, value: Json) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(f"{field}.{key}" if field else key, item)
    else:
        # As JSON, so that 1 and "1", or a list and a text with a comma, are not taken for the same.
        yield field, canonical_bytes(value).decode()
