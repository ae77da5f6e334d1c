"""The database comes back without its last commits, and the bridge remembers what was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.bridge.bridge_process import bridge_process
from tests.integration.trader.bridged_trader import settings_for, until
from tests.integration.trader.chaos_books import Theirs, disagreements, ours_of, theirs_of
from tests.integration.trader.trader_process import TraderProcess, free_port, run_trader, trader_process
from tests.integration.trader.trading_home import approved_signal, audit_of, prepare
from tests.postgres_server import fresh_database


@dataclass(frozen=True)
class Restored:
    """What is left: the settings for a trader on the standby, the signal's body, what stands at the venue."""

    settings: dict[str, str]
    standby_url: str
    body: dict[str, str]
    theirs: Theirs


@contextmanager
def _restored(home: Path, database_url: str, server_url: str, *, starts: int) -> Iterator[Restored]:
    """A standby from before the signal was executed, and from before the last `starts` of the trader."""
    prepare(home, database_url)
    with bridge_process(home, free_port()) as bridge:
        settings = settings_for(database_url, bridge.url)
        with trader_process(home, **settings) as trader:
            body = approved_signal(trader)
            assert trader.stop() == 0
        with fresh_database(server_url, template=database_url) as standby_url:
            for _ in range(starts):
                with trader_process(home, **settings) as trader:
                    assert _execute(trader, body).status_code in {200, 201}
                    # The entry, its stop and its target.
                    until(lambda: not disagreements(ours_of(database_url), theirs_of(home)))
                    until(lambda: len(theirs_of(home).statuses) == 3)
                    assert trader.stop() == 0
            changed = {**settings, "DATABASE_URL": standby_url}
            yield Restored(changed, standby_url, body, theirs_of(home))


def test_what_it_has_forgotten_is_told_and_found_again_and_never_sent_again(
    tmp_path: Path, database_url: str, postgres_server_url: str
) -> None:
    home = tmp_path / "home"
    with _restored(home, database_url, postgres_server_url, starts=1) as restored:
        with trader_process(home, **restored.settings, **_word(2)) as trader:
            differences = trader.get("/api/v1/account").json()["differences"]
            denied = _execute(trader, restored.body)
            # A person has looked, and lets it go on.
            trader.post("/api/v1/mode", {"actor": "olivia", "reason": "drill", "mode": "NORMAL"})
            executed = _execute(trader, restored.body)
            until(lambda: not disagreements(ours_of(restored.standby_url), theirs_of(home)))
            assert trader.stop() == 0
        theirs = theirs_of(home)
    assert differences[0] == "AAPL: 0 by our fills, 1 at the broker"
    assert [sentence.rpartition(" works at ")[2] for sentence in differences[1:]] == [
        "the broker and is not ours",
        "the broker and is not ours",
    ]
    assert (denied.status_code, denied.json()["code"]) == (423, "MODE_OBSERVE")
    assert (executed.status_code, executed.json()["trade"]["status"]) == (201, "FILLED")
    assert {executed.json()["order_id"]} == restored.theirs.entries
    assert theirs == restored.theirs


def test_a_trader_on_a_database_that_has_forgotten_epochs_does_not_start(
    tmp_path: Path, database_url: str, postgres_server_url: str
) -> None:
    home = tmp_path / "home"
    with _restored(home, database_url, postgres_server_url, starts=2) as restored:
        ended = run_trader(home, "--port", str(free_port()), **restored.settings)
        assert theirs_of(home) == restored.theirs
        others = [
            run_trader(home, "--port", str(free_port()), **restored.settings, **word)
            for word in ({}, _word(2), _word(4))
        ]
        taken_over = [entry for entry in audit_of(restored.standby_url) if "taken_over" in entry.event.kind]
    # However often it is tried: no start brings the epoch of the database any nearer.
    assert [tried.code for tried in (ended, *others)] == [1] * 4
    for tried in (ended, *others):
        said = tried.stderr.splitlines()[-1]
        assert "epoch 1 of account paper is below epoch 3, which the broker was told of" in said
        assert "TAKE_OVER_FROM_EPOCH=3" in said
    assert taken_over == []


def test_a_person_who_names_the_epoch_lets_the_standby_take_over_and_fences_all_others(
    tmp_path: Path, database_url: str, postgres_server_url: str
) -> None:
    home = tmp_path / "home"
    with _restored(home, database_url, postgres_server_url, starts=2) as restored:
        with trader_process(home, **restored.settings, **_word(3)) as trader:
            assert trader.get("/api/v1/account").json()["differences"]
            assert trader.stop() == 0
        (entry,) = [one for one in audit_of(restored.standby_url) if one.event.kind == "account.taken_over"]
        # Once is enough, and the word may stay where it was said.
        for word in ({}, _word(3)):
            with trader_process(home, **restored.settings, **word) as trader:
                assert trader.stop() == 0
        late = run_trader(
            home, "--port", str(free_port()), **{**restored.settings, "DATABASE_URL": database_url}
        )
        entries = audit_of(restored.standby_url)
    assert (entry.event.subject, entry.event.actor) == ("paper", "olivia")
    assert entry.event.data == {"from": 1, "to": 4, "reason": "the standby has taken over"}
    assert [one.event.kind for one in entries].count("account.taken_over") == 1
    assert late.code == 1
    assert "epoch 3 of account paper is below epoch 6" in late.stderr.splitlines()[-1]


def _word(epoch: int) -> dict[str, str]:
    return {
        "TAKE_OVER_FROM_EPOCH": str(epoch),
        "TAKE_OVER_BY": "olivia",
        "TAKE_OVER_REASON": "the standby has taken over",
    }


def _execute(trader: TraderProcess, body: dict[str, str]) -> httpx.Response:
    return trader.post("/api/v1/execute", body, timeout=30)
