"""What every KillSwitch does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jax.adapters.memory.kill_switch import MemoryKillSwitch
from jax.adapters.system.kill_file import KillFile
from jax.ports.errors import Unavailable
from jax.ports.kill_switch import KillSwitch

SWITCHES: dict[str, Callable[[Path], KillSwitch]] = {
    "memory": lambda folder: MemoryKillSwitch(),
    "file": lambda folder: KillFile(folder / "KILL"),
}


@pytest.fixture(params=SWITCHES)
def switch(request: pytest.FixtureRequest, tmp_path: Path) -> KillSwitch:
    return SWITCHES[request.param](tmp_path)


def test_it_is_engaged_until_it_is_released(switch: KillSwitch) -> None:
    assert switch.reasons() == ()
    switch.engage("olivia: fire")
    (reason,) = switch.reasons()
    assert reason.endswith("olivia: fire")
    switch.release()
    assert switch.reasons() == ()
    switch.release()


def test_the_first_word_is_kept(switch: KillSwitch) -> None:
    switch.engage("olivia: fire")
    switch.engage("omar: water")
    assert [reason.endswith("olivia: fire") for reason in switch.reasons()] == [True]
    switch.release()
    switch.engage("omar: water")
    assert [reason.endswith("omar: water") for reason in switch.reasons()] == [True]


def test_a_file_that_anybody_makes_engages_it_also_after_a_restart(tmp_path: Path) -> None:
    (tmp_path / "KILL").touch()
    assert KillFile(tmp_path / "KILL").reasons() == (f"the file {tmp_path / 'KILL'} is there",)


def test_a_file_that_is_no_text_engages_it(tmp_path: Path) -> None:
    (tmp_path / "KILL").write_bytes(b"\xff" * 5000)
    (reason,) = KillFile(tmp_path / "KILL").reasons()
    assert len(reason) < 1000


def test_a_folder_in_its_place_engages_it_and_cannot_be_released(tmp_path: Path) -> None:
    (tmp_path / "KILL").mkdir()
    switch = KillFile(tmp_path / "KILL")
    assert switch.reasons() == (f"the file {tmp_path / 'KILL'} is there",)
    with pytest.raises(Unavailable, match="cannot be removed"):
        switch.release()


def test_a_file_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be made"):
        KillFile(tmp_path / "nowhere" / "KILL").engage("olivia: fire")


def test_the_file_is_for_its_owner(tmp_path: Path) -> None:
    KillFile(tmp_path / "KILL").engage("olivia: fire")
    assert (tmp_path / "KILL").stat().st_mode & 0o777 == 0o600
