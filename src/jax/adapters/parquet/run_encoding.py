"""What is kept of a run beside its tables, as a JSON document that carries its own hash."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from jax.domain.canonical_json import canonical_bytes, sha256_of
from jax.domain.decimal_text import plain
from jax.ports.run_store import KeptRun, RunTable

_SCHEMA = "jax/run/v1"
_OWN_HASH = "sha256"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run, and the hashes of its other files by name."""

    run: KeptRun
    files: Mapping[str, str]


def encoded_run(run: KeptRun, files: Mapping[str, str]) -> bytes:
    """The document of `run`, whose other files have these hashes."""
    document = {**_document(run), "files": dict(files)}
    whole = {**document, _OWN_HASH: sha256_of(canonical_bytes(document))}
    return (json.dumps(whole, indent=1) + "\n").encode()


def decoded_run(content: bytes) -> StoredRun:
    """What `encoded_run` encoded; ValueError, KeyError or TypeError for anything else."""
    document: dict[str, Any] = json.loads(content)
    if document["schema"] != _SCHEMA:
        raise ValueError(f"its schema is {document['schema']}, not {_SCHEMA}")
    told = document.pop(_OWN_HASH)
    if sha256_of(canonical_bytes(document)) != told:
        raise ValueError("run.json is not what was written")
    return StoredRun(_run_of(document), document["files"])


def _document(run: KeptRun) -> dict[str, Any]:
    return {
        "schema": _SCHEMA,
        "run_id": run.run_id,
        "kept_at": run.kept_at.isoformat(),
        "engine_version": run.engine_version,
        "strategy": run.strategy,
        "symbols": list(run.symbols),
        "bars": run.bars,
        "first_end": run.first_end.isoformat(),
        "last_end": run.last_end.isoformat(),
        "params": {name: _spelled(value) for name, value in run.params.items()},
        "request": run.request,
        "metrics": {name: plain(value) for name, value in run.metrics.items()},
        "rows": {table.value: count for table, count in run.rows.items()},
        "hashes": dict(run.hashes),
    }


def _spelled(value: int | Decimal) -> int | str:
    return value if isinstance(value, int) else plain(value)


def _run_of(document: Mapping[str, Any]) -> KeptRun:
    return KeptRun(
        run_id=document["run_id"],
        kept_at=_moment(document["kept_at"]),
        engine_version=document["engine_version"],
        strategy=document["strategy"],
        symbols=tuple(document["symbols"]),
        bars=document["bars"],
        first_end=_moment(document["first_end"]),
        last_end=_moment(document["last_end"]),
        params={
            name: value if isinstance(value, int) else Decimal(value)
            for name, value in document["params"].items()
        },
        request=document["request"],
        metrics={name: Decimal(value) for name, value in document["metrics"].items()},
        rows={RunTable(table): count for table, count in document["rows"].items()},
        hashes=document["hashes"],
    )


def _moment(written: str) -> datetime:
    return datetime.fromisoformat(written).astimezone(UTC)
