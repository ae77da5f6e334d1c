"""On a desk's server each person runs the command under their own login, with the rights of their role."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jax.adapters.postgres.migrations import migrate_to_head
from tests.integration.approver.approver_desk import FIRST, ROLES, STRATEGY, ApproverDesk
from tests.integration.postgres.logins import create_logins, server_with_owners, url_as
from tests.postgres_server import run_sql

As = Callable[[str], ApproverDesk]


@pytest.fixture
def logged_in(empty_desk: ApproverDesk, tmp_path: Path) -> Iterator[As]:
    """The desk as a person sees it who is logged in as themselves; everybody shares a home."""
    home = tmp_path / "home"
    shutil.copytree(empty_desk.home, home)
    with server_with_owners(None) as server_url:
        run_sql(server_url, "CREATE DATABASE people OWNER carl")
        url = url_as(server_url, "carl", database="people")
        asyncio.run(migrate_to_head(url))
        create_logins(server_url)
        yield lambda person: ApproverDesk(home, url_as(url, person))


def test_everybody_does_their_part_and_nobody_else_s(logged_in: As) -> None:
    rene = logged_in("rene")
    rene.good("keyring", "init")
    for person in ROLES:
        rene.good("keyring", "add", f"{rene.home}/gate/keys/{person}.pub", "--roles", ROLES[person])
    rene.good("keyring", "publish")
    window = ("--from", "2009-01-01", "--to", "2011-12-31", "--symbols", "AAPL,IBM")
    logged_in("rita").good("submit", STRATEGY, "--author", "rita", *window)
    logged_in("victor").good("validate", FIRST, "--as", "victor")

    shown = logged_in("tessa").good("show", FIRST)["displayed_sha256"]
    terms = ("approve", FIRST, "--reason", "x", "--yes", "--displayed-sha256", shown)
    as_rosa = logged_in("tessa").refused(*terms, "--as", "rosa", "--type", "RISK", code=1)
    assert "rosa, and tessa is logged in: log in as the person who acts" in as_rosa
    by_rolf = logged_in("rolf").refused(*terms, "--as", "rolf", "--type", "RISK")
    assert "the key of rolf has no RISK role" in by_rolf

    logged_in("tessa").approve("tessa", "TECHNICAL")
    assert logged_in("rosa").approve("rosa", "RISK")["state"] == "APPROVED"
    release = ("release", FIRST, "--as", "rene", "--reason", "go")
    assert "log in as the person who acts" in logged_in("tessa").refused(*release, code=1)
    assert rene.good(*release)["activated"][0]["state"] == "ACTIVE"

    stopped = logged_in("rolf").good("revoke", FIRST, "--as", "rolf", "--reason", "stop")
    assert stopped["history_problem"] is None
    kinds = {entry["kind"] for entry in logged_in("audra").good("log", FIRST)["entries"]}
    assert {"artifact.submitted", "artifact.evidence", "artifact.approval", "gate.revocation"} <= kinds
    verified = logged_in("audra").good("verify")
    assert (verified["findings"], verified["artifacts"]) == ([], 1)
    assert (
        logged_in("stranger")
        .refused("list", code=1)
        .endswith("which takes a role that this login was not granted.")
    )
