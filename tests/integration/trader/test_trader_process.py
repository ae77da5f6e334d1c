"""jax-trader as people run it: real processes, a real Postgres, real HTTP, real signals."""

import signal
import socket
from pathlib import Path

import httpx
import pytest

from tests.integration.trader.trader_process import (
    STOP_WITHIN_SECONDS,
    free_port,
    run_file,
    run_trader,
    trader_process,
)

TOKEN = "correct-horse-battery-staple"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_new_trader_says_where_it_is_and_that_it_has_nothing_to_trade_with(
    home: Path, database_url: str
) -> None:
    port = free_port()
    with trader_process(home, "--port", str(port), DATABASE_URL=database_url) as trader:
        health = trader.get("/health")
        assert trader.state["port"] == port
        assert trader.state["url"] == f"http://127.0.0.1:{port}"
        assert set(trader.state) == {"pid", "port", "url", "boot_id", "version"}
        banner = trader.said.splitlines()[0]
    assert (health.status_code, health.json()["status"]) == (503, "degraded")
    (reason,) = health.json()["reasons"]
    assert reason.startswith(f"there is nothing to trade with: There is no root file {home}/gate/root.json")
    assert banner == (
        f"jax-trader {trader.state['version']} on http://127.0.0.1:{port}: "
        "execution OFF, nothing is sent; broker paper; mode paper; policy=none"
    )


def test_without_a_database_url_it_runs_a_postgres_of_its_own(home: Path) -> None:
    with trader_process(home, EXECUTION_ENABLED="true") as trader:
        health = trader.get("/health").json()
        assert "execution ON, orders are sent" in trader.said
        code = trader.stop()
    assert health["database"] == {"name": "database", "ok": True, "problem": None}
    assert health["execution_enabled"] is True
    assert code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_in_time_also_while_clients_hang(
    home: Path, database_url: str, number: signal.Signals
) -> None:
    with trader_process(home, DATABASE_URL=database_url) as trader:
        with (
            socket.create_connection(("127.0.0.1", trader.state["port"])) as half_a_request,
            socket.create_connection(("127.0.0.1", trader.state["port"])),
            httpx.Client(base_url=trader.url, trust_env=False) as kept_alive,
        ):
            half_a_request.sendall(b"POST /api/v1/execute HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            half_a_request.sendall(b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
            kept_alive.get("/health")
            code = trader.stop(number)
        assert code == 0
        assert run_file(home) == {}
        assert '"trader.stopped"' in trader.said.splitlines()[-1]


def test_it_stops_when_its_parent_lets_go_of_its_input(home: Path, database_url: str) -> None:
    arguments = ("--exit-with-parent", "--port", str(free_port()))
    with trader_process(home, *arguments, DATABASE_URL=database_url) as trader:
        assert trader.process.stdin is not None
        trader.process.stdin.close()
        assert trader.process.wait(STOP_WITHIN_SECONDS) == 0
    assert run_file(home) == {}


def test_when_8100_is_taken_the_next_free_port_is_used_and_said(home: Path, database_url: str) -> None:
    try:
        taken = socket.create_server(("127.0.0.1", 8100))
    except OSError:
        taken = socket.socket()  # somebody else has it, which is as good
    with taken, trader_process(home, "--host", "127.0.0.1", DATABASE_URL=database_url) as trader:
        port = trader.state["port"]
        said = trader.said.splitlines()[0]
        assert trader.get("/health").status_code == 503
    assert 8101 <= port <= 8199
    assert said == f"port 8100 is taken: jax-trader uses {port}"


def test_a_chosen_port_that_is_taken_is_one_line(home: Path, database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run_trader(home, "--port", str(port), DATABASE_URL=database_url)
    assert ended.code == 1
    assert ended.only_line == (
        f"jax-trader: port {port} on 127.0.0.1 is taken; "
        f"choose another --port, or stop what listens on 127.0.0.1:{port}"
    )


def test_a_second_trader_on_the_same_database_is_refused_at_once(
    home: Path, tmp_path: Path, database_url: str
) -> None:
    with trader_process(home, DATABASE_URL=database_url) as first:
        second = run_trader(tmp_path / "other", "--port", str(free_port()), DATABASE_URL=database_url)
        again = run_trader(home, "--port", str(free_port()), DATABASE_URL=database_url)
        assert run_file(home) == first.state
        assert first.get("/health").json()["status"] == "degraded"
    assert second.code == again.code == 1
    assert second.only_line.startswith("jax-trader: Another trader runs account paper")
    assert again.only_line.startswith("jax-trader: Another trader runs account paper")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mysql://jax:hunter2secret@127.0.0.1/jax", "DATABASE_URL is not of the form postgresql://"),
        ("postgresql://jax:hunter2secret@127.0.0.1:{port}/jax", "nothing listens there"),
    ],
    ids=["another database", "nobody there"],
)
def test_a_wrong_database_url_is_one_line_without_its_password(home: Path, url: str, told: str) -> None:
    ended = run_trader(home, "--port", str(free_port()), DATABASE_URL=url.format(port=free_port()))
    assert ended.code == 1
    assert told in ended.only_line
    assert "hunter2secret" not in ended.stderr + ended.stdout


def test_a_wrong_password_is_one_line_without_it(home: Path, database_url: str) -> None:
    url = httpx.URL(database_url)
    wrong = str(url.copy_with(password="hunter2secret"))
    ended = run_trader(home, "--port", str(free_port()), DATABASE_URL=wrong)
    if ended.code == 0:
        pytest.skip("this server trusts everybody")
    assert ended.code == 1
    assert "password" in ended.only_line
    assert "hunter2secret" not in ended.stderr


@pytest.mark.parametrize("name", ["MODE", "MAX_RISK_PER_TRADE", "EXECUTION_ENABLED", "JAX_API_TOKEN"])
def test_an_impossible_setting_is_one_line_that_names_it(home: Path, name: str) -> None:
    ended = run_trader(home, **{name: "bad value"})
    assert ended.code == 1
    assert ended.only_line.startswith(f"jax-trader: {name}")
    assert not home.exists()


def test_other_machines_are_served_only_with_a_token(home: Path) -> None:
    ended = run_trader(home, "--host", "0.0.0.0", "--port", str(free_port()))
    assert ended.code == 1
    assert ended.only_line == (
        "jax-trader: --host 0.0.0.0 can be reached from other machines; "
        "set JAX_API_TOKEN, or listen on 127.0.0.1"
    )


def test_an_address_that_is_not_ours_is_one_line(home: Path) -> None:
    ended = run_trader(home, "--host", "192.0.2.1", "--port", str(free_port()), JAX_API_TOKEN=TOKEN)
    assert ended.code == 1
    assert ended.only_line.startswith("jax-trader: cannot listen on 192.0.2.1:")


def test_the_token_is_asked_for_and_no_secret_reaches_the_log(home: Path, database_url: str) -> None:
    with trader_process(home, DATABASE_URL=database_url, JAX_API_TOKEN=TOKEN) as trader:
        assert trader.get("/api/v1/trades").status_code == 401
        authorized = trader.get("/api/v1/trades", headers={"Authorization": f"Bearer {TOKEN}"})
        trader.stop()
        assert authorized.json() == {"trades": []}
        assert TOKEN not in trader.said
        password = httpx.URL(database_url).password
        assert not password or password not in trader.said


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = run_trader(tmp_path / "file" / "home", "--port", str(free_port()))
    assert ended.code == 1
    assert ended.only_line.startswith("jax-trader: JAX_HOME")


def test_books_of_the_paper_broker_that_cannot_be_read_are_one_line(home: Path, database_url: str) -> None:
    home.mkdir()
    (home / "paper-broker.sqlite3").write_bytes(b"these are no books" * 300)
    ended = run_trader(home, "--port", str(free_port()), DATABASE_URL=database_url)
    assert ended.code == 1
    assert "paper-broker.sqlite3 cannot be used" in ended.only_line
    assert run_file(home) == {}


def test_version_and_help_need_nothing() -> None:
    nowhere = Path("/proc/nowhere")
    version = run_trader(nowhere, "--version")
    usage = run_trader(nowhere, "--help")
    wrong = run_trader(nowhere, "--colour", "red")
    assert (version.code, version.stdout.split()[0]) == (0, "jax-trader")
    assert usage.code == 0
    assert "Example: EXECUTION_ENABLED=true jax-trader --port 8100" in usage.stdout
    assert "exit-with-parent" not in usage.stdout
    assert wrong.code == 2
