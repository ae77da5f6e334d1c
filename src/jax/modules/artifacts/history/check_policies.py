"""Policies: their bytes, their order, and which was in force when."""

from itertools import pairwise

from jax.domain.approval_count import GateRefused
from jax.domain.canonical_json import sha256_of
from jax.domain.gate_policy import GatePolicy, check_floor, parse_policy
from jax.domain.record_row import RecordRow
from jax.modules.artifacts.history.finding import About
from jax.modules.artifacts.history.read_record import Case
from jax.modules.artifacts.history.timeline import Timeline


class PoliciesInForce(Timeline[GatePolicy]):
    """Policies as they were put in force."""

    def in_force(self, n: int) -> GatePolicy:
        """The policy when entry `n` was written; GateRefused when there was none."""
        policy = self.at(n)
        if policy is None:
            raise GateRefused(f"no policy was in force at audit entry {n}")
        return policy


def check_policies(case: Case) -> PoliciesInForce:
    """What is in the table is what was published, each with a higher version, none below the floor."""
    published: list[tuple[int, GatePolicy]] = []
    for row in case.rows("gate.policy"):
        about = case.about(f"policy {row.row.get('name')} {row.row.get('version')}")
        with about.noting():
            policy, sha256 = _policy(about, row)
            told = case.claim(about, "gate.policy", sha256)
            if told is not None:
                said = told.data.get("policy_sha256")
                about.compare(told.name, [("hash", sha256, said)])
                published.append((told.n, policy))
            check_floor(policy, solo_allowed=case.trust.root.solo)
    policies = PoliciesInForce(published)
    for (_, before), (n, policy) in pairwise(policies.told):
        if policy.version <= before.version:
            about = case.about(f"policy {policy.name} {policy.version}")
            about.add(f"audit entry {n} published it after version {before.version}")
    return policies


def _policy(about: About, row: RecordRow) -> tuple[GatePolicy, str]:
    document = row.content("document")
    policy, sha256 = parse_policy(document), sha256_of(document)
    columns = {"sha256": sha256, "name": policy.name, "version": policy.version, "solo": policy.solo}
    about.compare_columns(row, "its document", columns)
    return policy, sha256
