"""A validation as one page that needs nothing else."""

from collections.abc import Iterable
from html import escape

from jax.app.shadow.comparing import HEADINGS
from jax.app.shadow.validation_state import ValidationState

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Shadow validation</title>
<style>body{{font-family:sans-serif;margin:2rem}}table{{border-collapse:collapse}}
td,th{{border:1px solid #999;padding:.2rem .6rem;text-align:left}}</style></head><body>
<h1>Shadow validation: {verdict}</h1>
<p>{runs} of {wanted} runs since {since}; {failures} times a record could not be read{last_failure}.</p>
<h2>Asked for</h2>{asked}
<h2>Differences in the last run</h2>{differences}
<h2>Runs</h2>{all_runs}
</body></html>
"""


def report_page(state: ValidationState) -> str:
    """What was asked, what the last run found, and every run."""
    last = state.runs[-1] if state.runs else {"differences": []}
    return _PAGE.format(
        verdict=escape(_verdict(state)),
        runs=len(state.runs),
        wanted=state.wanted,
        since=escape(state.since),
        failures=state.failures,
        last_failure=f" (last: {escape(state.last_failure)})" if state.last_failure else "",
        asked=_table(("option", "value"), state.asked.items()),
        differences=_table(HEADINGS, ([found[name] for name in HEADINGS] for found in last["differences"])),
        all_runs=_table(
            ("at", "compared", "left out", "differences"),
            ([r["at"], r["compared"], r["left_out"], len(r["differences"])] for r in state.runs),
        ),
    )


def _verdict(state: ValidationState) -> str:
    if state.seen:
        return f"{len(state.seen)} differences"
    return "no difference" if state.is_finished else "no difference so far"


def _table(headings: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    def row(values: Iterable[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(value))}</{tag}>" for value in values) + "</tr>"

    body = "".join(row(values, "td") for values in rows)
    return f"<table>{row(headings, 'th')}{body}</table>" if body else "<p>None.</p>"
