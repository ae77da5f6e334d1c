"""artifact-approver keyring init, create, add, end, publish, policy, list."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from jax.app import console
from jax.app.approver.documents import policy_document, root_document
from jax.app.approver.gate import Gate
from jax.app.approver.keyring import Keyring, acting_person
from jax.app.approver.options_cli import AsJson, KeyFile, PublishingPerson, example, print_result, usage_error
from jax.app.home import home_folder
from jax.domain.gate_key import GateKey, GateRole
from jax.domain.gate_policy import GatePolicy
from jax.domain.gate_root import GateRoot
from jax.ports.errors import NotFound

_RoleNames = Annotated[
    str, typer.Option("--roles", metavar="ROLES", help=f"Separated by commas, of {', '.join(GateRole)}.")
]


def register(app: typer.Typer) -> None:
    """Adds the group of commands."""
    group = typer.Typer(
        help="Keys, the root file that names them, and the policy.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    group.command(epilog=example("keyring init", "keyring init --solo --person mia"))(init)
    group.command(epilog=example("keyring create tessa"))(create)
    group.command(epilog=example("keyring add tessa.pub --roles TECHNICAL,COMPLIANCE"))(add)
    group.command(epilog=example("keyring end tessa"))(end)
    group.command(epilog=example("keyring publish --as rene"))(publish)
    group.command(epilog=example("keyring policy > policy.json", "keyring policy policy.json"))(policy)
    group.command("list", epilog=example("keyring list --json"))(list_keys)
    app.add_typer(group, name="keyring")


def init(
    solo: Annotated[bool, typer.Option("--solo", help="For one person alone, who holds every role.")] = False,
    person: Annotated[str | None, typer.Option(metavar="NAME", help="Who that is.")] = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Begin a root file. With --solo, make the person's key, and tell the database of key and policy."""
    from jax.app.approver.keyring import begin_alone, begin_desk
    from jax.app.approver.keyring import publish as publish_gate
    from jax.app.approver.session import at_the_gate
    from jax.app.approver.signing import hand_of

    if solo != (person is not None):
        raise usage_error("--solo and --person NAME go together")
    home = home_folder()
    if person is None:
        begun = begin_desk(home)
        print_result(as_json, root_document(begun.root, begun.path), f"{begun.path} holds no key yet")
        return
    hand = hand_of(home, person, key_file)

    async def run(gate: Gate) -> tuple[Keyring, GatePolicy]:
        return begin_alone(home, hand), await publish_gate(gate, actor=hand.person)

    begun, in_force = at_the_gate(run)
    print_result(
        as_json,
        {**root_document(begun.root, begun.path), "policy": in_force.mark},
        f"{begun.path} allows the solo policy, which is in force  policy={in_force.mark}",
    )


def create(
    person: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is.")],
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key: a private file under a passphrase, and a public one to hand over."""
    from jax.app.approver.key_wiring import public_half
    from jax.app.approver.keyring import create_key
    from jax.app.approver.signing import hand_of

    hand = hand_of(home_folder(), person, key_file)
    made = create_key(hand)
    half = public_half(hand.key_file)
    print_result(
        as_json,
        {
            "person": made.person,
            "key_id": made.key_id,
            "key_file": str(hand.key_file),
            "public_file": str(half),
        },
        f"{hand.key_file} is for {made.person} alone",
        f"{half} is for whoever keeps the root file, who compares {made.key_id}",
    )


def add(
    public_file: Annotated[Path, typer.Argument(metavar="FILE.pub", help="What `keyring create` made.")],
    roles: _RoleNames,
    as_json: AsJson = False,
) -> None:
    """Put a person's key into the root file."""
    from jax.app.approver.keyring import add_key

    changed = add_key(home_folder(), public_file, _roles(roles))
    _print_change(as_json, changed.root, changed.path)


def end(
    key: Annotated[
        str, typer.Argument(metavar="NAME|KEY_ID", help="All keys of a person, or one by its id.")
    ],
    as_json: AsJson = False,
) -> None:
    """End keys in the root file: nothing that they signed loads any more."""
    from jax.app.approver.keyring import end_keys

    changed, ended = end_keys(home_folder(), key)
    lines = (f"{ended_key.person}'s key {ended_key.key_id} counts for nothing now" for ended_key in ended)
    _print_change(as_json, changed.root, changed.path, *lines)


def publish(person: PublishingPerson = None, as_json: AsJson = False) -> None:
    """Tell the database of the root file's keys, and of a first policy if it has none."""
    from jax.app.approver.keyring import publish as publish_gate
    from jax.app.approver.session import at_the_gate

    async def run(gate: Gate) -> tuple[GateRoot, GatePolicy]:
        actor = acting_person(person, os.environ.get("DATABASE_URL"))
        return gate.trust().root, await publish_gate(gate, actor=actor)

    root, in_force = at_the_gate(run)
    print_result(
        as_json,
        {"root_sha256": root.sha256, "number": root.number, **policy_document(in_force)},
        f"The database has the keys of root file {root.number}, {root.sha256}",
        f"Policy {in_force.name} {in_force.version} is in force  policy={in_force.mark}",
    )


def policy(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A policy to put in force.")] = None,
    person: PublishingPerson = None,
    as_json: AsJson = False,
) -> None:
    """Print the policy in force, or put another one in force, which voids all approvals under this one."""
    from jax.app.approver.keyring import put_in_force, read_policy_file
    from jax.app.approver.session import at_the_gate

    given = None if file is None else read_policy_file(file)

    async def run(gate: Gate) -> GatePolicy:
        if given is not None:
            await put_in_force(gate, given, actor=acting_person(person, os.environ.get("DATABASE_URL")))
        found = await gate.policy()
        if found is None:
            raise NotFound("The gate has no policy yet: `artifact-approver keyring publish` puts one there")
        return found

    in_force = at_the_gate(run)
    if given is None and not as_json:
        console.say(json.dumps(json.loads(in_force.encoded()), indent=2))
        return
    print_result(
        as_json,
        policy_document(in_force),
        f"Policy {in_force.name} {in_force.version} is in force, {in_force.sha256}  policy={in_force.mark}",
    )


def list_keys(as_json: AsJson = False) -> None:
    """The root file of this machine: its number, its hash, and whose keys it holds."""
    from jax.app.approver.keyring import keyring

    found = keyring(home_folder())
    _print_change(as_json, found.root, found.path, *(_line(key) for key in found.root.keys))


def _roles(written: str) -> tuple[GateRole, ...]:
    try:
        return tuple(GateRole(part.strip().upper()) for part in written.split(","))
    except ValueError as error:
        raise usage_error(f"--roles: {written} names none of {', '.join(GateRole)}") from error


def _print_change(as_json: bool, root: GateRoot, path: Path, *lines: str) -> None:
    mark = "  policy=solo" if root.solo else ""
    print_result(
        as_json,
        root_document(root, path),
        *lines,
        f"{path} has number {root.number}, {len(root.keys)} keys, hash {root.sha256}{mark}",
    )


def _line(key: GateKey) -> str:
    ended = "" if key.ended is None else f"  ended {key.ended:%Y-%m-%d}"
    return f"{key.person:<12} {key.key_id}  {','.join(sorted(key.roles))}  since {key.added:%Y-%m-%d}{ended}"
