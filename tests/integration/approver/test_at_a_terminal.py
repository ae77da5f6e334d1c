"""A person at a terminal reads, answers, and types a passphrase that nobody sees."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import pytest

from tests.integration.approver.approver_desk import FIRST, PASSPHRASE, STRATEGY, ApproverDesk
from tests.integration.approver.conftest import Copy

_SILENCE_SECONDS = 60.0
_CTRL_C = "\x03"


def _typed(
    desk: ApproverDesk, arguments: Sequence[str], answers: Sequence[tuple[str, str]]
) -> tuple[int, str]:
    """Runs the command at a terminal of its own and answers each prompt in turn: code and screen."""
    environment = desk.environment()
    del environment["JAX_KEY_PASSPHRASE_FILE"]
    screen, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "jax.app.approver.cli", *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=environment,
        start_new_session=True,
    )
    os.close(terminal)
    shown, answered, waiting = b"", 0, list(answers)
    try:
        while chunk := _read(screen):
            shown += chunk
            if waiting and waiting[0][0].encode() in shown[answered:]:
                _, answer = waiting.pop(0)
                answered = len(shown)
                if answer == _CTRL_C:
                    # The prompt is shown a moment before it is read from: a person is never that fast.
                    time.sleep(0.5)
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(screen, answer.encode() + b"\n")
        return process.wait(), shown.decode()
    finally:
        os.close(screen)
        process.kill()
        process.wait()


def _read(screen: int) -> bytes:
    ready, _, _ = select.select([screen], [], [], _SILENCE_SECONDS)
    if not ready:
        raise TimeoutError("the command asks for something that the test does not answer")
    try:
        return os.read(screen, 65536)
    except OSError:  # what Linux says when the other side has ended
        return b""


def test_yes_and_the_passphrase_sign_what_was_shown(validated_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(validated_desk)
    shown_sha256 = desk.good("show", FIRST)["displayed_sha256"]
    code, shown = _typed(
        desk,
        ("approve", FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "read it"),
        [("[yes/no] ", "yes"), (f"Passphrase of {desk.home / 'gate' / 'keys' / 'tessa'}: ", PASSPHRASE)],
    )
    assert code == 0, shown
    assert f"displayed {shown_sha256}" in shown
    assert f"tessa: APPROVE {STRATEGY} 1.0.0 as TECHNICAL, policy=desk?" in shown
    assert "it is REVIEWED  policy=desk" in shown
    assert PASSPHRASE not in shown
    (approval,) = desk.good("show", FIRST)["approvals"]
    assert approval["displayed_sha256"] == shown_sha256


@pytest.mark.parametrize("answer", ["no", "y", ""])
def test_any_other_answer_signs_nothing(validated_desk: ApproverDesk, answer: str) -> None:
    terms = ("reject", FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "looks ahead")
    code, shown = _typed(validated_desk, terms, [("[yes/no] ", answer)])
    assert code == 1
    assert "nothing was signed: the answer was not yes" in shown
    assert "Passphrase" not in shown
    assert validated_desk.good("show", FIRST)["approvals"] == []


def test_revoking_asks_for_the_passphrase_and_nothing_else(active_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(active_desk)
    code, shown = _typed(
        desk, ("revoke", FIRST, "--as", "rolf", "--reason", "stop"), [("/rolf: ", PASSPHRASE)]
    )
    assert code == 0, shown
    assert "[yes/no]" not in shown
    assert f"{STRATEGY} 1.0.0 is REVOKED by rolf, for good" in shown


def test_a_new_passphrase_is_typed_twice(empty_desk: ApproverDesk, copied: Copy) -> None:
    desk = copied(empty_desk)
    create = ("keyring", "create", "olga")
    code, shown = _typed(desk, create, [("/olga: ", PASSPHRASE), ("again: ", PASSPHRASE + "!")])
    assert code == 1
    assert "the two passphrases are not the same" in shown
    code, shown = _typed(desk, create, [("/olga: ", PASSPHRASE), ("again: ", PASSPHRASE)])
    assert code == 0, shown
    assert PASSPHRASE not in shown


def test_a_passphrase_that_is_wrong_opens_nothing(active_desk: ApproverDesk) -> None:
    before = active_desk.good("log")["entries"]
    terms = ("release", "--renew", "--as", "rene", "--reason", "monthly")
    code, shown = _typed(active_desk, terms, [("/rene: ", "not " + PASSPHRASE)])
    assert code == 1
    assert "The passphrase does not open" in shown
    assert PASSPHRASE not in shown
    assert active_desk.good("log")["entries"] == before


@pytest.mark.parametrize(
    "answers",
    [[("[yes/no] ", _CTRL_C)], [("[yes/no] ", "yes"), ("/tessa: ", _CTRL_C)]],
    ids=["yes", "passphrase"],
)
def test_a_question_ends_with_ctrl_c_and_nothing_is_signed(
    validated_desk: ApproverDesk, answers: list[tuple[str, str]]
) -> None:
    terms = ("approve", FIRST, "--as", "tessa", "--type", "TECHNICAL", "--reason", "read it")
    code, shown = _typed(validated_desk, terms, answers)
    assert code == 130
    assert "Traceback" not in shown
    assert validated_desk.good("show", FIRST)["approvals"] == []
