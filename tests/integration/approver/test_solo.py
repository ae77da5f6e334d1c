"""One person alone: one key, one signature, and every line says so."""

from pathlib import Path

import pytest

from tests.integration.approver.approver_desk import FIRST, PASSPHRASE, STRATEGY, ApproverDesk
from tests.integration.approver.conftest import Copy

WINDOW = ("--from", "2009-01-01", "--to", "2011-12-31", "--symbols", "AAPL,IBM")


@pytest.fixture
def alone(empty_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """Bars and a passphrase, and no key."""
    return copied(empty_desk)


def test_a_person_alone_takes_a_strategy_through_and_every_line_says_policy_solo(alone: ApproverDesk) -> None:
    begun = alone.good("keyring", "init", "--solo", "--person", "mia")
    assert (begun["solo"], begun["policy"]) == (True, "solo")
    assert len(begun["keys"][0]["roles"]) == 8
    told = [
        alone.call("submit", STRATEGY, "--author", "mia", *WINDOW),
        alone.call("validate", FIRST, "--as", "mia"),
        alone.call("list"),
    ]
    shown = alone.good("show", FIRST)
    sure = ("--yes", "--displayed-sha256", shown["displayed_sha256"])
    approve = ("approve", FIRST, "--as", "mia", "--type", "TECHNICAL", "--reason", "read it", *sure)
    pages = [alone.call("show", FIRST), alone.call("diff", FIRST), alone.call(*approve)]
    told.append(alone.call("release", FIRST, "--as", "mia", "--reason", "go"))
    told.append(alone.call("log"))
    told.append(alone.call("revoke", FIRST, "--as", "mia", "--reason", "stop"))
    assert [said.code for said in (*told, *pages)] == [0] * 9
    for said in told:
        lines = [line for line in said.out.splitlines() if not line.startswith(("artifact ", "payload "))]
        assert lines
        assert all("policy=solo" in line for line in lines), said
    for said in pages:
        assert "policy=solo" in said.out.splitlines()[0]
    refusal = alone.refused("release", FIRST, "--as", "mia", "--reason", "again")
    assert refusal == f"artifact {STRATEGY} 1.0.0: no step leads from REVOKED to ACTIVE (policy=solo)"
    for document in (alone.good("list"), alone.good("show", FIRST), alone.good("log")):
        assert document["policy"] == "solo"


def test_a_start_that_was_cut_off_after_the_key_goes_on_from_there(alone: ApproverDesk) -> None:
    made = alone.good("keyring", "create", "mia")
    begun = alone.good("keyring", "init", "--solo", "--person", "mia")
    assert begun["keys"][0]["key_id"] == made["key_id"]
    assert alone.refused("keyring", "init", "--solo", "--person", "mia", code=1).endswith(
        "change it with `keyring add` and `keyring end`"
    )


def test_the_key_of_somebody_else_is_not_taken_for_ones_own(alone: ApproverDesk) -> None:
    key = str(alone.home / "gate" / "keys" / "tessa")
    assert alone.refused("keyring", "init", "--solo", "--person", "mia", "--key", key, code=1) == (
        f"{key}.pub says that it is tessa's: name another file by --key"
    )
    assert not (alone.home / "gate" / "root.json").exists()


def test_a_desk_that_becomes_solo_must_say_so_in_its_root_file(alone: ApproverDesk) -> None:
    alone.good("keyring", "init", "--solo", "--person", "mia")
    path = alone.home / "gate" / "root.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"solo":true', '"solo":false'), encoding="utf-8")
    alone.good("submit", STRATEGY, "--author", "mia", *WINDOW)
    assert alone.refused("show", FIRST) == (
        "the policy in force cannot be used: policy solo is a solo policy, and this desk's root file "
        "does not allow one (policy=solo)"
    )


def test_the_embedded_database_serves_a_person_alone(tmp_path: Path) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE, encoding="utf-8")
    passphrase.chmod(0o600)
    desk = ApproverDesk(tmp_path, None)
    begun = desk.run("keyring", "init", "--solo", "--person", "mia", "--json")
    assert begun.code == 0, begun
    assert desk.run("keyring", "policy", "--json").json["policy"] == "solo"
