"""Signs in a person's name, with the key file that is theirs."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from jax.app.approver.key_wiring import open_key
from jax.app.approver.terminal import passphrase_of
from jax.app.console import CommandFailed
from jax.app.gate_wiring import key_path
from jax.domain import checks
from jax.domain.errors import InvalidValue
from jax.domain.statement import Statement
from jax.modules.artifacts.sign_statement import sign_statement

_LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class Hand:
    """`person` signs with the key in `key_file`."""

    person: str
    key_file: Path

    def check(self) -> None:
        """CommandFailed when there is no such file: said before anything takes long."""
        if not self.key_file.is_file():
            raise CommandFailed(
                f"there is no key of {self.person} at {self.key_file}: make one with `artifact-approver "
                f"keyring create {self.person}`, or name the file with --key"
            )

    def sign(self, *statements: Statement) -> list[bytes]:
        """The envelopes; asks for the passphrase once. Refused when it does not open the key."""
        self.check()
        signer = open_key(self.key_file, passphrase=passphrase_of(self.key_file))
        return [sign_statement(statement, signer) for statement in statements]


def hand_of(home: Path, person: str, key_file: Path | None) -> Hand:
    """Whoever signs; CommandFailed for what is no person's name."""
    try:
        checks.person("--as", person)
    except InvalidValue as error:
        raise CommandFailed(str(error)) from error
    return Hand(person, key_file or key_path(home, person))


def as_signed(reason: str) -> str:
    """The reason in the one spelling that signed documents have (Unicode's NFC); InvalidValue."""
    return checks.text("--reason", unicodedata.normalize("NFC", reason.strip()), longest=_LONGEST_REASON)
