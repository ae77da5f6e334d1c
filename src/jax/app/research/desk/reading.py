"""Artifacts as people look at them."""

from collections.abc import Sequence
from dataclasses import dataclass

from jax.app.research.desk.parts import DeskParts
from jax.domain.approval_count import GateRefused
from jax.domain.artifact import Artifact, ArtifactEvent, ArtifactState
from jax.domain.errors import InvalidValue
from jax.modules.artifacts.artifact_view import ArtifactView, ShownVersion
from jax.modules.artifacts.view_artifact import checked_payload


@dataclass(frozen=True, slots=True)
class Wanted:
    """At most `limit` artifacts (in a state, of a name) behind the one with the id `cursor`."""

    state: ArtifactState | None
    name: str | None
    cursor: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class ListedArtifact:
    """`problem` says why its payload is not to be read or believed; None for a good one."""

    artifact: Artifact
    problem: str | None


@dataclass(frozen=True, slots=True)
class ArtifactPage:
    """Newest first; `next_cursor` is None on the last page."""

    artifacts: tuple[ListedArtifact, ...]
    next_cursor: str | None
    policy: str


@dataclass(frozen=True, slots=True)
class Difference:
    """From `before` to `after`; `problem` says why there is nothing before it."""

    before: ShownVersion | None
    after: ShownVersion
    problem: str | None
    policy: str


class Reading:
    """Reads only. Raises as ViewArtifact does, and as the ports do."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts

    async def page(self, wanted: Wanted) -> ArtifactPage:
        """A page; InvalidValue for a cursor that no page gave."""
        async with self._parts.unit_of_work.begin() as transaction:
            newest_first = list(reversed(await transaction.artifacts.list()))
        # Found among all: the artifact of the cursor may have left the state that is asked for.
        behind = newest_first[_place_behind(newest_first, wanted.cursor) :]
        fitting = [artifact for artifact in behind if _fits(artifact, wanted)]
        shown = fitting[: wanted.limit]
        return ArtifactPage(
            artifacts=tuple(ListedArtifact(artifact, _problem(artifact)) for artifact in shown),
            next_cursor=shown[-1].artifact_id if len(fitting) > len(shown) else None,
            policy=await self._parts.policy_mark(),
        )

    async def view(self, artifact_id: str) -> ArtifactView:
        """What there is to say of it."""
        return await self._parts.viewer.view(artifact_id)

    async def history(self, artifact_id: str) -> Sequence[ArtifactEvent]:
        """The steps of its life, oldest first."""
        async with self._parts.unit_of_work.begin() as transaction:
            return await transaction.artifacts.history(artifact_id)

    async def difference(self, artifact_id: str, *, against: str | None) -> Difference:
        """From the artifact `against`, or from the released version, to this one."""
        viewer = self._parts.viewer
        if against is None:
            view = await viewer.view(artifact_id)
            return Difference(view.released, view.version, view.release_problem, view.policy.mark)
        return Difference(
            before=await viewer.version(against),
            after=await viewer.version(artifact_id),
            problem=None,
            policy=await self._parts.policy_mark(),
        )


def _place_behind(artifacts: Sequence[Artifact], cursor: str | None) -> int:
    if cursor is None:
        return 0
    for place, artifact in enumerate(artifacts):
        if artifact.artifact_id == cursor:
            return place + 1
    raise InvalidValue("cursor", f"{cursor!r} is no cursor of a page: begin again without one")


def _fits(artifact: Artifact, wanted: Wanted) -> bool:
    return wanted.state in {None, artifact.state} and wanted.name in {None, artifact.name}


def _problem(artifact: Artifact) -> str | None:
    try:
        checked_payload(artifact)
    except (InvalidValue, GateRefused) as error:
        return str(error)
    return None
