"""Keys, the root file and the policy, by the command."""

import json
import stat
from pathlib import Path

from jax.domain.gate_policy import DESK_POLICY, SOLO_POLICY
from tests.integration.approver.approver_desk import FIRST, ROLES, ApproverDesk
from tests.integration.approver.conftest import Copy


def test_a_key_is_two_files_and_is_never_overwritten(empty_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(empty_desk)
    made = desk.good("keyring", "create", "olga")
    private, public = Path(made["key_file"]), Path(made["public_file"])
    assert private == desk.home / "gate" / "keys" / "olga"
    assert public.name == "olga.pub"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in private.read_bytes()
    assert made["key_id"].startswith("sha256:")
    before = private.read_bytes()
    assert desk.refused("keyring", "create", "olga", code=1).startswith(f"{private} is there already")
    assert private.read_bytes() == before
    elsewhere = desk.good("keyring", "create", "olga", "--key", str(desk.home / "other"))
    assert elsewhere["key_id"] != made["key_id"]


def test_a_short_passphrase_and_no_name_make_no_key(empty_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(empty_desk)
    (desk.home / "passphrase").write_text("short", encoding="utf-8")
    assert "at least 8 bytes" in desk.refused("keyring", "create", "olga", code=1)
    assert desk.refused("keyring", "create", "Olga", code=1).startswith("--as: 'Olga' is not a person's name")
    assert not list((desk.home / "gate" / "keys").glob("[oO]lga*"))


def test_a_root_file_is_begun_once_and_grows_by_keys(empty_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(empty_desk)
    begun = desk.good("keyring", "init")
    assert (begun["number"], begun["solo"], begun["keys"]) == (1, False, [])
    assert desk.refused("keyring", "init", code=1).startswith(
        f"{begun['path']} is there already, with number 1"
    )
    keys = desk.home / "gate" / "keys"
    added = desk.good("keyring", "add", str(keys / "tessa.pub"), "--roles", "technical, RISK")
    assert added["number"] == 2
    assert [(key["person"], key["roles"]) for key in added["keys"]] == [("tessa", ["RISK", "TECHNICAL"])]
    assert "is in the root file already, as tessa's" in desk.refused(
        "keyring", "add", str(keys / "tessa.pub"), "--roles", "RISK", code=1
    )
    assert "cannot be read" in desk.refused("keyring", "add", "nobody.pub", "--roles", "RISK", code=1)
    assert "is no public key file" in desk.refused(
        "keyring", "add", str(keys / "tessa"), "--roles", "RISK", code=1
    )
    # A mail or an editor ends the line.
    mailed = desk.home / "rosa.pub"
    mailed.write_bytes((keys / "rosa.pub").read_bytes() + b"\r\n")
    assert desk.good("keyring", "add", str(mailed), "--roles", "RISK")["number"] == 3
    assert desk.good("keyring", "list") == desk.good("keyring", "list")
    assert len(desk.call("keyring", "list").out.splitlines()) == 3


def test_keys_are_ended_by_person_or_by_the_start_of_their_id(
    drafted_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(drafted_desk)
    listed = {key["person"]: key for key in desk.good("keyring", "list")["keys"]}
    number = len(listed) + 1
    start = listed["carol"]["key_id"].removeprefix("sha256:")[:20]
    assert desk.good("keyring", "end", start)["number"] == number + 1
    other = desk.good("keyring", "create", "tim", "--key", str(desk.home / "tim2"))["public_file"]
    desk.good("keyring", "add", other, "--roles", "TECHNICAL")
    ended = desk.good("keyring", "end", "tim")
    assert ended["number"] == number + 4
    in_use = {key["person"] for key in ended["keys"] if key["ended"] is None}
    assert in_use == set(ROLES) - {"tim", "carol"}
    assert desk.refused("keyring", "end", "tim", code=1) == "key: every key of tim was ended already"
    assert "was ended" in desk.refused("keyring", "end", start, code=1)
    assert desk.refused("keyring", "end", "nobody", code=1).startswith("The root file has no key of 'nobody'")
    short = listed["tessa"]["key_id"].removeprefix("sha256:")[:3]
    for wanted in (short, f"sha256:{short}", "sha256:"):
        assert desk.refused("keyring", "end", wanted, code=1).startswith("The root file has no key of '")


def test_publishing_tells_keys_and_a_first_policy_and_again_nothing(
    empty_desk: ApproverDesk, copied: Copy
) -> None:
    desk = copied(empty_desk)
    desk.good("keyring", "init")
    desk.good("keyring", "add", str(desk.home / "gate" / "keys" / "rene.pub"), "--roles", "RELEASE")
    told = desk.good("keyring", "publish", "--as", "rene")
    assert (told["policy_sha256"], told["policy"]) == (DESK_POLICY.sha256, "desk")
    assert desk.good("keyring", "publish", "--as", "rene") == told
    kinds = [entry["kind"] for entry in desk.good("log")["entries"]]
    assert kinds == ["gate.keys", "gate.policy"]
    # Who publishes is the database's login when nobody is named.
    desk.good("keyring", "end", "rene")
    desk.good("keyring", "publish")
    assert desk.good("log")["entries"][-1]["actor"] == "jax"


def test_publishing_keys_leaves_the_policy_in_force_alone(drafted_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(drafted_desk)
    file = desk.home / "policy.json"
    file.write_text(json.dumps({**json.loads(DESK_POLICY.encoded()), "version": 2}), encoding="utf-8")
    second = desk.good("keyring", "policy", str(file), "--as", "rene")
    assert second["document"]["version"] == 2
    assert desk.good("keyring", "publish", "--as", "rene")["policy_sha256"] == second["policy_sha256"]


def test_a_policy_file_with_an_error_names_it(drafted_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(drafted_desk)
    file = desk.home / "policy.json"
    for text, problem in (
        ("{", "is no policy"),
        ("[]", "policy: must be an object"),
        (
            json.dumps({**json.loads(DESK_POLICY.encoded()), "approval_days": 0}),
            "approval_days: must be at least 1",
        ),
        (json.dumps({**json.loads(DESK_POLICY.encoded()), "version": 1.5}), "1.5 is a float"),
    ):
        file.write_text(text, encoding="utf-8")
        assert problem in desk.refused("keyring", "policy", str(file), code=1)
    assert desk.refused("keyring", "policy", str(desk.home / "no"), code=1).endswith(
        "(No such file or directory)"
    )


def test_a_solo_policy_needs_a_root_file_that_allows_it(drafted_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(drafted_desk)
    file = desk.home / "policy.json"
    file.write_text(json.dumps({**json.loads(SOLO_POLICY.encoded()), "version": 2}), encoding="utf-8")
    assert desk.refused("keyring", "policy", str(file), "--as", "rene") == (
        "policy solo is a solo policy, and this desk's root file does not allow one"
    )


def test_a_root_file_that_others_may_write_is_not_believed(approved_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(approved_desk)
    (desk.home / "gate" / "root.json").chmod(0o666)
    for arguments in (
        ("show", FIRST),
        ("release", FIRST, "--as", "rene", "--reason", "x"),
        ("keyring", "list"),
    ):
        assert "can be changed by others than its owner" in desk.refused(*arguments, code=1)


def test_the_root_file_may_be_elsewhere(approved_desk: ApproverDesk, copied: Copy, tmp_path: Path) -> None:
    desk = copied(approved_desk)
    moved = tmp_path / "pinned.json"
    (desk.home / "gate" / "root.json").rename(moved)
    elsewhere = ApproverDesk(desk.home, desk.database_url, {"JAX_GATE_ROOT": str(moved)})
    assert elsewhere.good("keyring", "list")["path"] == str(moved)
    assert elsewhere.good("show", FIRST)["missing"] is None


def test_a_releaser_whose_key_was_ended_is_replaced(active_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(active_desk)
    desk.good("keyring", "end", "rene")
    other = desk.good("keyring", "create", "rita", "--key", str(desk.home / "rita"))["public_file"]
    desk.good("keyring", "add", other, "--roles", "RELEASE")
    desk.good("keyring", "publish", "--as", "rita")
    terms = ("--as", "rita", "--key", str(desk.home / "rita"), "--reason", "rene has left")
    assert desk.good("release", "--renew", *terms)["snapshot"]["signer"] == "rita"
