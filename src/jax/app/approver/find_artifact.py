"""Which artifact a person means."""

from collections.abc import Sequence

from jax.domain.approval_count import subject_name
from jax.domain.artifact import Artifact
from jax.ports.errors import NotFound
from jax.ports.unit_of_work import UnitOfWork

_SHORTEST_PREFIX = 4
_HASH = "sha256:"


async def find_artifact(unit_of_work: UnitOfWork, wanted: str) -> Artifact:
    """The one artifact that `wanted` names; NotFound when it names none, or more than one."""
    async with unit_of_work.begin() as transaction:
        return named_artifact(await transaction.artifacts.list(), wanted)


def named_artifact(artifacts: Sequence[Artifact], wanted: str) -> Artifact:
    """The one with the id, or `name version`, or `name@version`, or the start of an id or a hash.

    A start has at least 4 characters. NotFound when none fits, or more than one.
    """
    exact = [artifact for artifact in artifacts if wanted in _names(artifact)]
    fitting = exact or [artifact for artifact in artifacts if _starts(artifact, wanted)]
    if not fitting:
        raise NotFound(
            f"There is no artifact {wanted!r}: `artifact-approver list` shows them; name one by its id, by "
            f"name@version, or by {_SHORTEST_PREFIX} or more characters that its id or hash begins with"
        )
    if len(fitting) > 1:
        shown = ", ".join(f"{subject_name(a)} ({a.artifact_id}, {a.payload_sha256[:19]})" for a in fitting)
        raise NotFound(f"{wanted!r} fits {len(fitting)} artifacts: {shown}; give more of it")
    return fitting[0]


def _names(artifact: Artifact) -> tuple[str, ...]:
    pair = f"{artifact.name}@{artifact.version}"
    return (artifact.artifact_id, subject_name(artifact), pair, artifact.payload_sha256)


def _starts(artifact: Artifact, wanted: str) -> bool:
    start = wanted.removeprefix(_HASH)
    if len(start) < _SHORTEST_PREFIX:
        return False
    by_hash = artifact.payload_sha256.removeprefix(_HASH).startswith(start)
    return by_hash or artifact.artifact_id.startswith(wanted)
