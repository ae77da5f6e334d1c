#!/usr/bin/env python3
"""Set up this checkout's own environment in .venv, then run one of the project's commands in it.

Needs only Python. The syntax stays readable to Python 3.6, so that old ones answer with a sentence.
"""

import ast
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - the one line that is for older Pythons
    sys.exit(
        "dev.py needs Python 3.11 or newer and was started with {}.{} ({}): "
        "install one, and start it as `python3.11 dev.py`.".format(*sys.version_info[:2], sys.executable)
    )

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
PYTHON = BIN / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "dev-stamp.json"
# The Python that is not a virtual environment's own: .venv must not be made from itself.
BASE_PYTHON = getattr(sys, "_base_executable", "") or sys.executable

# What would make a child look at another Python, another place or other packages than .venv's.
_LEAKS = re.compile(
    r"PYTHON(EXECUTABLE|HOME|INSPECT|OPTIMIZE|PATH|PLATLIBDIR|SAFEPATH|STARTUP|USERBASE|WARNINGS)"
    r"|__PYVENV_LAUNCHER__|VIRTUAL_ENV(_PROMPT)?|CONDA_PREFIX|MYPYPATH"
    r"|PIP_(CONSTRAINT|NO_DEPS|PREFIX|PYTHON|REQUIRE_VIRTUALENV|REQUIREMENT|ROOT|SRC|TARGET|USER)"
    r"|UV_(CONSTRAINT|EXCLUDE|NO_VERIFY_HASHES|OVERRIDE|PROJECT|PROJECT_ENVIRONMENT|PYTHON|SYSTEM_PYTHON"
    r"|WORKING_DIR|WORKING_DIRECTORY)"
)
# uv does not read pip's configuration; without this it stops at a private certificate or index.
_UV_NAMES = {
    "cert": "SSL_CERT_FILE",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "proxy": "ALL_PROXY",
}
_COMPILE = ("-q", "--universal", "--python-version=3.11", "--all-extras", "--generate-hashes", "--no-header")
# Wheels only: building from source would run code that no hash in the lock covers.
HASHED_WHEELS = ("--require-hashes", "--only-binary", ":all:")


class Stop(Exception):
    """Something that a person has to put right: its text is the one line that they get."""


def say(text: str) -> None:
    """Tell what happens. Standard output belongs to the command that is run."""
    print("dev.py: " + text, file=sys.stderr, flush=True)


def replace(file: Path, text: str) -> None:
    """Write `text` to `file`, whole or not at all."""
    draft = file.with_name(file.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def lock_blocks(lock: str) -> dict[str, str]:
    """Return the lock's requirements by their names: each pinned line (one or more a name) and its hashes."""
    blocks: dict[str, str] = {}
    name = ""
    for line in lock.splitlines():
        if line and not line.startswith((" ", "#")):
            name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
            blocks.setdefault(name, "")  # numpy is pinned twice, for older and newer Pythons
        if name and not line.lstrip().startswith("#"):
            blocks[name] += line + "\n"
    return blocks


def lock_complaint(lock: str) -> str | None:
    """Return why `lock` must not become the project's lock, or None."""
    if "://" in lock:
        return "it holds a URL, and the lock has to work with any package index"
    blocks = lock_blocks(lock)
    if {"jax", "jaxlib"} & blocks.keys():
        return "it holds jax or jaxlib, the numerical library that has our import name"
    unhashed = [name for name, block in blocks.items() if "--hash=" not in block]
    return f"it has no hashes for {', '.join(unhashed)}" if unhashed else None


def without_leaks(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without the variables that point to another Python, place or set of packages."""
    return {name: value for name, value in environ.items() if not _LEAKS.fullmatch(name)}


def tool_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of linters and tests: `src` first, then the checkout for `tests`."""
    return {**without_leaks(environ), "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}


def run_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of Jax itself: `src` first, whatever lies in the working directory."""
    ours = {"PYTHONPATH": str(ROOT / "src"), "PYTHONSAFEPATH": "1"}
    return {"JAX_HOME": str(ROOT / ".jax"), **without_leaks(environ), **ours}


def pip_settings(listing: str) -> dict[str, str]:
    """Return what `pip config list` printed; as for pip, variables win over [install], that over [global]."""
    found = {}
    for section in ("global", "install", ":env:"):
        for line in listing.splitlines():
            key, _, value = line.partition("=")
            place, _, name = key.rpartition(".")
            if place == section:
                found[name] = str(ast.literal_eval(value))
    return found


def uv_environment(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with what pip's settings say to uv; what `environ` says already stays."""
    told = {_UV_NAMES[name]: " ".join(value.split()) for name, value in settings.items() if name in _UV_NAMES}
    if "UV_FIND_LINKS" in told:
        told["UV_FIND_LINKS"] = told["UV_FIND_LINKS"].replace(" ", ",")
    if "UV_INDEX" in told:
        # Like pip: a version may come from any index. The hashes say which file it has to be.
        told["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {**told, **environ}


def uv_pip(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the command line and the environment of .venv's `uv pip`, set up the way pip is here."""
    environment = without_leaks(os.environ)
    asked = (str(PYTHON), "-m", "pip", "config", "list")
    told = subprocess.run(asked, check=False, env=environment, capture_output=True, text=True)
    settings = pip_settings(told.stdout)
    no_index = ["--no-index"] * (settings.get("no-index", "").lower() in {"1", "on", "true", "yes"})
    return [str(PYTHON), "-m", "uv", "pip", *arguments, *no_index], uv_environment(settings, environment)


def wanted_stamp() -> list[str]:
    """Return what .venv is to be made from, and after that what it is to hold."""
    digests = (hashlib.sha256(file.read_bytes()) for file in (LOCK, ROOT / "pyproject.toml", Path(__file__)))
    return [f"{sys.version} {sys.base_prefix} {VENV}", *(digest.hexdigest() for digest in digests)]


def found_stamp() -> list[str]:
    """Return the stamp of a set-up that came to its end and whose Python is still there, or an empty list."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return stamp if isinstance(stamp, list) and os.access(PYTHON, os.X_OK) else []


@contextmanager
def only_one_at_a_time() -> Iterator[int]:
    """Hold this checkout's lock file, and yield its descriptor: a child that inherits it holds it too."""
    with (ROOT / ".venv.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another dev.py that is setting up this checkout")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


class Setup:
    """One set-up of .venv, under the lock whose descriptor is `held`."""

    def __init__(self, held: int) -> None:
        self._held = held
        self._environment = without_leaks(os.environ)

    def make_venv(self) -> None:
        """Make .venv anew, with pip in it; what was there goes."""
        if importlib.util.find_spec("ensurepip") is None:
            version = "{}.{}".format(*sys.version_info[:2])
            raise Stop(
                f"{BASE_PYTHON} cannot make a virtual environment, it comes without ensurepip: "
                f"install that (on Debian and Ubuntu `apt-get install python{version}-venv`) and try again."
            )
        if not self._run(BASE_PYTHON, "-m", "venv", "--clear", str(VENV)):
            raise Stop(f"{VENV} could not be made, for the reason above.")

    def install_locked(self) -> None:
        """Bring .venv to what the lock says: with uv, or with pip alone where uv does not work."""
        if self._install_with_uv():
            return
        say("uv does not work here; going on with pip alone, which takes longer")
        self.make_venv()
        blocks = lock_blocks(LOCK.read_text(encoding="utf-8"))
        blocks.pop("uv", None)
        if not self._pip_install(blocks.values()):
            raise Stop("The packages of requirements.lock could not be installed, for the reason above.")

    def install_project(self) -> None:
        """Install the checkout itself, editable: no network, no configuration, flit_core from the lock."""
        offline = ("--no-deps", "--no-build-isolation", "--no-index", "--no-input")
        command = (str(PYTHON), "-m", "pip", "--isolated", "install", "--quiet", *offline, "-e", str(ROOT))
        if not self._run(*command, environment={**self._environment, "PIP_CONFIG_FILE": os.devnull}):
            raise Stop("The project itself could not be installed into .venv, for the reason above.")

    def _install_with_uv(self) -> bool:
        uv = lock_blocks(LOCK.read_text(encoding="utf-8")).get("uv")
        if uv is None or not self._pip_install([uv]):
            return False
        quiet = () if sys.stderr.isatty() else ("--quiet",)
        command, environment = uv_pip("sync", *quiet, "--python", str(PYTHON), *HASHED_WHEELS, str(LOCK))
        return self._run(*command, environment=environment)

    def _pip_install(self, blocks: Iterable[str]) -> bool:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "requirements.txt")
            file.write_text("".join(blocks), encoding="utf-8")
            options = ("--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", *HASHED_WHEELS)
            return self._run(str(PYTHON), "-m", "pip", "install", *options, "-r", str(file))

    def _run(self, *command: str, environment: Mapping[str, str] | None = None) -> bool:
        # The child inherits the lock: should dev.py be killed, the next one waits for the child's end.
        done = subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env=environment or self._environment,
            pass_fds=(self._held,),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        return done.returncode == 0


def set_up() -> None:
    """Bring .venv to what requirements.lock and pyproject.toml say, if it is not there already.

    The stamp goes first and comes last: a set-up that was killed leaves none, and then .venv is made anew.
    """
    wanted = wanted_stamp()
    if found_stamp() == wanted:
        return
    with only_one_at_a_time() as held:
        found = found_stamp()
        if found == wanted:
            return
        started = time.monotonic()
        STAMP.unlink(missing_ok=True)
        setup = Setup(held)
        if found[:1] != wanted[:1]:
            say(f"setting up {VENV} with Python {sys.version.split()[0]}")
            setup.make_venv()
        else:
            say(f"bringing {VENV} up to date")
        setup.install_locked()
        setup.install_project()
        replace(STAMP, json.dumps(wanted))
        say(f"done in {time.monotonic() - started:.1f} s")


# What .venv's Python runs. A script is handed to it as a file, since the script's own first line breaks
# where the checkout's path is long or has spaces.
STEPS = {
    "ruff format": ("-m", "ruff", "format", "--check", "."),
    "ruff check": ("-m", "ruff", "check", "."),
    "import rules": (str(BIN / "lint-imports"),),
    "mypy": ("-m", "mypy"),
    "pytest": ("-m", "pytest", "-m", "not soak"),
    "soak": ("-m", "pytest", "-m", "soak"),
    "bench": ("-m", "tests.bench"),
    "docs": ("-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html"),
}
LINT = ("ruff format", "ruff check", "import rules")
# All tests go out by files, small ones last, to two processes more than there are cores: many tests wait.
WORKERS = ("-n", str(min((os.cpu_count() or 1) + 2, 8)), "--dist", "loadfile", "--no-loadscope-reorder")


def summary(outcomes: Mapping[str, tuple[int, float]]) -> str:
    """Return a table of the steps by (exit code, seconds), and one line that names those that failed."""
    row = "  {:13}{} {:8.1f} s".format
    rows = [row(name, "failed" if code else "passed", taken) for name, (code, taken) in outcomes.items()]
    failed = ", ".join(name for name, (code, _) in outcomes.items() if code)
    return "\n".join((*rows, f"Failed: {failed}." if failed else "Everything passed."))


def run_tool(*arguments: str) -> int:
    """Run .venv's Python and return its exit code; a Ctrl-C or SIGTERM leaves it the time to clean up."""

    def pass_on(*_: object) -> None:
        child.terminate()
        raise KeyboardInterrupt

    with subprocess.Popen((str(PYTHON), *arguments), cwd=ROOT, env=tool_environment(os.environ)) as child:
        signal.signal(signal.SIGTERM, pass_on)
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait()  # a Ctrl-C went to both
            raise


def run_steps(*names: str, last: Sequence[str] = ()) -> int:
    """Run all steps, also after one has failed; return 0 if none has, or 1. `last` goes to the last one."""
    set_up()
    outcomes = {}
    for name in names:
        print(f"--- {name}", flush=True)
        started = time.monotonic()
        code = run_tool(*STEPS[name], *(last if name == names[-1] else ()))
        outcomes[name] = (code, time.monotonic() - started)
    print(f"\n{summary(outcomes)}", flush=True)
    return int(any(code for code, _ in outcomes.values()))


def run(arguments: Sequence[str]) -> int:
    """Run `jax demo` in place of this process: its output and its signals are its own."""
    set_up()
    os.execve(PYTHON, [str(PYTHON), str(BIN / "jax"), "demo", *arguments], run_environment(os.environ))


def lock(arguments: Sequence[str]) -> int:
    """Write requirements.lock anew from pyproject.toml, keeping versions that still fit; then set up."""
    set_up()
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder, LOCK.name)
        draft.write_bytes(LOCK.read_bytes())
        command, environment = uv_pip("compile", *_COMPILE, "pyproject.toml", "-o", str(draft), *arguments)
        # What only this machine's own folders hold would make a lock for this machine alone.
        for name in ("UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_STRATEGY"):
            environment.pop(name, None)
        if subprocess.call(command, cwd=ROOT, env=environment):
            raise Stop("uv could not resolve the dependencies of pyproject.toml, for the reason above.")
        text = draft.read_text(encoding="utf-8")
    complaint = lock_complaint(text)
    if complaint:
        raise Stop(f"requirements.lock stays as it was, since the new one cannot be used: {complaint}.")
    replace(LOCK, text)
    set_up()
    return 0


# What a word does, and whether it takes further arguments.
COMMANDS: Mapping[str, tuple[Callable[[Sequence[str]], int], bool]] = {
    "run": (run, True),
    "test": (lambda rest: run_steps(*LINT, "mypy", "pytest", last=rest or WORKERS), True),
    "lint": (lambda _: run_steps(*LINT), False),
    "types": (lambda rest: run_steps("mypy", last=rest), True),
    "bench": (lambda rest: run_steps("bench", last=rest), True),
    "soak": (lambda rest: run_steps("soak", last=rest), True),
    "docs": (lambda _: run_steps("docs"), False),
    "lock": (lock, True),
}
HELP = """\
Usage: python3 dev.py COMMAND [ARGUMENTS]      (each first sets up .venv, where there is anything to do)

  run     from a backtest to a recorded trade: `jax demo`, which gets the arguments
  test    formatting, lint, import rules, types and all tests but soak; arguments go to pytest
  lint    formatting, lint and import rules
  types   mypy --strict
  bench   measure how fast it is; `bench peers` compares the research engine with others
  soak    the tests that take long; arguments go to pytest
  docs    build the documentation into docs/_build/html
  lock    write requirements.lock from pyproject.toml; arguments go to `uv pip compile`

Examples:
  python3 dev.py run                  the whole way, with the services up until Ctrl-C
  python3 dev.py run --once --json    the same, stopping after a summary that programs can read
  python3 dev.py test -k sizing -x    every check, and the tests with `sizing` in their names
  python3 dev.py lock --upgrade       the newest versions that fit pyproject.toml
"""


def main(arguments: Sequence[str]) -> int:
    """Return the exit code: 0 done, 1 failed, 2 not understood, 130 interrupted."""
    word, rest = (arguments[0], arguments[1:]) if arguments else ("help", ())
    if word in {"help", "-h", "--help"}:
        print(HELP, end="")
        return 0
    act, takes_arguments = COMMANDS.get(word, (None, True))
    if act is None or (rest and not takes_arguments):
        say(f"there is no `{' '.join(arguments)}`; `python3 dev.py help` lists what there is.")
        return 2
    try:
        return act(rest)
    except Stop as stop:
        say(str(stop))
    except OSError as error:
        say(f"{word} stopped: {error}")
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
