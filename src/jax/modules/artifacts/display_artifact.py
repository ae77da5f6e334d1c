"""An artifact as a person sees it before deciding on it: one text, whose hash goes into the decision; pure.

The same view gives the same text, at any time and on any terminal: no colours, no clock, and no width but 80
columns, which only source code exceeds.
"""

import textwrap
from collections.abc import Mapping
from decimal import Decimal

from jax.domain.approval import Approval
from jax.domain.approval_count import subject_name
from jax.domain.artifact import ApprovalKind
from jax.domain.artifact_payload import ArtifactPayload
from jax.domain.bar import Timeframe
from jax.domain.canonical_json import Json, sha256_of
from jax.domain.decimal_text import plain
from jax.domain.payload_fields import mapping
from jax.domain.visible_text import visible
from jax.modules.artifacts.artifact_view import ArtifactView, ShownVersion
from jax.modules.artifacts.display_difference import difference_lines

_WIDTH = 80
# 9 and the 71 characters of a hash are 80.
_LABEL = 9
_NAME = 26


def displayed(view: ArtifactView) -> str:
    """The whole text, ending with a line end."""
    sections = (
        _header(view),
        ["PARAMETERS", *_rows(view.version.payload.params)],
        ["RISK", *_risk(view.version.payload)],
        ["METRICS", *_metrics(view)],
        ["EVIDENCE", *_evidence(view)],
        ["APPROVALS", *_approvals(view)],
        ["DIFFERENCE", *_difference(view)],
    )
    return "\n".join("\n".join(section) + "\n" for section in sections)


def displayed_sha256(view: ArtifactView) -> str:
    """The hash that a decision about this view carries."""
    return sha256_of(displayed(view).encode())


def policy_mark(view: ArtifactView) -> str:
    """`policy=` and the mark of the policy in force: what is done under a solo policy says so everywhere."""
    return f"policy={view.policy.mark}"


def _header(view: ArtifactView) -> list[str]:
    artifact, payload = view.version.artifact, view.version.payload
    document = payload.document
    code, data = mapping("code", document["code"]), mapping("data", document["data"])
    env, backtest = mapping("env", document["env"]), mapping("backtest", document["backtest"])
    name = subject_name(artifact)
    return [
        f"{name}{policy_mark(view):>{_WIDTH - len(name)}}",
        "=" * _WIDTH,
        *_field("state", artifact.state),
        *_field("author", artifact.author),
        *_field("artifact", artifact.artifact_id),
        *_field("payload", artifact.payload_sha256),
        *_field("code", payload.entry),
        *_field("repo", code["repo"]),
        *_field("commit", code["commit"]),
        *_field("bundle", payload.bundle_sha256),
        *_field("symbols", ", ".join(payload.symbols)),
        *_field("bars", f"{_of(payload.timeframe)}that end from {data['from']} to {data['to']}"),
        *_field("vendor", data["vendor"]),
        *_field("manifest", payload.manifest_sha256),
        *_field("run", backtest["run_id"]),
        *_field("engine", f"{backtest['engine_version']}, seed {backtest['seed']}"),
        *_field("python", env["python"]),
        *_field("packages", env["lock_sha256"]),
        *_field("orders", payload.orders_sha256),
        *_field("golden", payload.golden_suite_sha256),
        *_field("schema", document["schema"]),
    ]


def _of(timeframe: Timeframe) -> str:
    return "" if timeframe is Timeframe.DAY else f"of {timeframe} "


def _risk(payload: ArtifactPayload) -> list[str]:
    risk = mapping("risk", payload.document["risk"])
    lines: list[str] = []
    for name, value in sorted(risk.items()):
        lines.extend(_row(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return lines


def _metrics(view: ArtifactView) -> list[str]:
    if view.evidence is None:
        author = view.version.artifact.author
        return [f"as {author} says; nobody's own run counts yet", *_rows(view.version.payload.metrics)]
    return [f"as {view.evidence.validator}'s own run made them", *_rows(view.evidence.rerun.metrics)]


def _evidence(view: ArtifactView) -> list[str]:
    asked = view.policy.evidence
    trials = _row("trials", f"{view.version.payload.trials}, as {view.version.artifact.author} says")
    if view.evidence is None:
        return [*trials, *_wrapped(view.evidence_problem or "")]
    rerun, found = view.evidence.rerun, view.evidence.rerun.overfitting
    least = plain(asked.min_deflated_sharpe)
    return [
        *_field("re-run", f"by {view.evidence.validator}, {view.evidence.issued_at:%Y-%m-%d %H:%M} UTC"),
        *_field("engine", f"{rerun.engine_version}, Python {rerun.python}"),
        *_field("orders", "the very same, and the same bars and metrics"),
        *_field("golden", f"{len(rerun.golden_passed)} cases passed, {len(rerun.golden_failed)} failed"),
        *trials,
        *_row("variants run", f"{found.studied}"),
        *_row("deflated_sharpe", f"{_figure(found.deflated_sharpe)}; the policy asks for {least} or more"),
        *_row("pbo", f"{_figure(found.pbo)}; the policy allows {plain(asked.max_pbo)} or less"),
        *_row("walk_forward_sharpe", _figure(found.walk_forward_sharpe)),
    ]


def _approvals(view: ArtifactView) -> list[str]:
    policy = view.policy
    wanted = ", ".join(f"{policy.quorum[kind]} {kind}" for kind in ApprovalKind)
    lives = f"a decision lives {policy.approval_days} days"
    lines = _wrapped(f"Policy {policy.name} {policy.version} asks for {wanted}; {lives}.")
    lines.extend(_field("policy", policy.sha256))
    for decision in (*view.approvals.counted, *view.approvals.rejections):
        lines.extend(_decision(decision))
    for item in view.approvals.set_aside:
        lines.extend(_wrapped(f"Does not count: {item.reason}"))
    lines.extend(_wrapped("The quorum is there." if view.missing is None else f"Missing: {view.missing}"))
    return lines


def _decision(decision: Approval) -> list[str]:
    spelled = f"{decision.kind} {decision.decision} by {decision.approver}"
    lives = f"from {decision.issued_at:%Y-%m-%d} until {decision.expires_at:%Y-%m-%d}"
    return _wrapped(f"{spelled}, {lives}: {decision.reason}")


def _difference(view: ArtifactView) -> list[str]:
    if view.released is not None:
        return difference_lines(before=view.released, after=view.version)
    return [*_wrapped(f"To nothing: {view.release_problem}"), *_files(view.version)]


def _files(version: ShownVersion) -> list[str]:
    if version.bundle is None:
        return _wrapped(f"The code cannot be shown: {version.bundle_problem}")
    lines = ["`artifact-approver diff` prints the code of these files:"]
    for file in version.bundle.files:
        count = file.source.count("\n")
        lines.extend(_wrapped(f"{file.path}, {count} line{'' if count == 1 else 's'}"))
        lines.extend(_field("", sha256_of(file.source.encode())))
    return lines


def _rows(values: Mapping[str, int | Decimal]) -> list[str]:
    lines: list[str] = []
    for name, value in sorted(values.items()):
        lines.extend(_row(name, plain(Decimal(value))))
    return lines


def _row(name: str, value: str) -> list[str]:
    return _wrapped(value, first=f"{visible(name):<{_NAME}} ", indent=_NAME + 1)


def _field(label: str, value: Json) -> list[str]:
    return _wrapped(str(value), first=f"{label:<{_LABEL}}", indent=_LABEL)


def _wrapped(text: str, *, first: str = "", indent: int = 2) -> list[str]:
    # Lines that go on are indented, so that no text of others can pass for a line of ours.
    return textwrap.wrap(
        visible(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )


def _figure(value: Decimal | None) -> str:
    return "not defined" if value is None else plain(value)
