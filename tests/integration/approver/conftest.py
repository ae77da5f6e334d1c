"""Desks at every stage, made once for all tests and copied for each."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from jax.adapters.ed25519.key_file import generate_key_file
from jax.app.research.wiring import build_research
from tests.integration.approver.approver_desk import (
    FIRST,
    PASSPHRASE,
    ROLES,
    STRATEGY,
    ApproverDesk,
    copy_of,
)
from tests.postgres_server import fresh_database
from tests.quick_keys import quick_keys

Copy = Callable[[ApproverDesk], ApproverDesk]


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with quick_keys():
        yield


@pytest.fixture(scope="session")
def empty_desk(
    postgres_server_url: str, migrated_template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApproverDesk]:
    """Bars, everybody's key files, and nothing at the gate."""
    home = tmp_path_factory.mktemp("desk") / "home"
    asyncio.run(build_research(home).import_bars())
    passphrase = home / "passphrase"
    passphrase.write_text(PASSPHRASE + "\n", encoding="utf-8")
    passphrase.chmod(0o600)
    with quick_keys():
        for person in ROLES:
            generate_key_file(home / "gate" / "keys" / person, person=person, passphrase=PASSPHRASE.encode())
    with fresh_database(postgres_server_url, template=migrated_template_url) as url:
        yield ApproverDesk(home, url)


@pytest.fixture(scope="session")
def copied(postgres_server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """Makes desks that are as another one is; they live as long as the tests do."""
    with ExitStack() as living:

        def copy(desk: ApproverDesk) -> ApproverDesk:
            folder: Path = tmp_path_factory.mktemp("copy")
            return living.enter_context(copy_of(desk, postgres_server_url, folder))

        yield copy


@pytest.fixture(scope="session")
def drafted_desk(empty_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """Keys and policy are published, and ada has submitted a DRAFT."""
    desk = copied(empty_desk)
    desk.good("keyring", "init")
    for person, roles in ROLES.items():
        desk.good("keyring", "add", str(desk.home / "gate" / "keys" / f"{person}.pub"), "--roles", roles)
    desk.good("keyring", "publish", "--as", "rene")
    window = ("--from", "2009-01-01", "--to", "2011-12-31", "--symbols", "AAPL,IBM")
    desk.good("submit", STRATEGY, "--author", "ada", *window)
    return desk


@pytest.fixture(scope="session")
def validated_desk(drafted_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """victor has run the backtest again."""
    desk = copied(drafted_desk)
    desk.good("validate", FIRST, "--as", "victor")
    return desk


@pytest.fixture(scope="session")
def approved_desk(validated_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """tessa and rosa have approved."""
    desk = copied(validated_desk)
    desk.approve("tessa", "TECHNICAL")
    desk.approve("rosa", "RISK")
    return desk


@pytest.fixture(scope="session")
def active_desk(approved_desk: ApproverDesk, copied: Copy) -> ApproverDesk:
    """rene has released it, and ada has submitted a second version."""
    desk = copied(approved_desk)
    desk.good("release", FIRST, "--as", "rene", "--reason", "go")
    window = ("--from", "2009-01-01", "--to", "2011-06-30", "--symbols", "AAPL,IBM")
    desk.good("submit", STRATEGY, "--author", "ada", *window, "--max-daily-loss", "2000")
    return desk
