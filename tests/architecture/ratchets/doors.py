"""The doors through which the wall clock, chance and the environment come in; below the app all are shut.

Time comes from the Clock port, ids from an IdSource, randomness from a generator that is passed in, and
settings from the app: only so can a run be replayed.
"""

import ast
from collections.abc import Iterator, Mapping

from tests.architecture.ratchets.shape import is_in
from tests.architecture.ratchets.source import Finding, Source

_CLOCK = (
    "time",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
)
_CHANCE = ("random", "secrets", "os.urandom", "os.getrandom", "numpy.random", "uuid.uuid1", "uuid.uuid4")
_ENVIRONMENT = (
    *("os.environ", "os.environb", "os.getenv", "os.getenvb", "os.putenv", "os.unsetenv"),
    *("os.getcwd", "os.path.expanduser", "os.path.expandvars", "pathlib.Path.home", "pathlib.Path.cwd"),
    *("getpass", "socket.gethostname", "uuid.getnode"),
)
_DYNAMIC = ("__import__", "importlib.import_module")
# A type for annotations: the generator itself is made, and seeded, above.
_NOT_A_DOOR = ("numpy.random.Generator",)

_SHUT: Mapping[str, tuple[str, ...]] = {
    "jax.domain": (*_CLOCK, *_CHANCE, *_ENVIRONMENT, *_DYNAMIC),
    "jax.ports": (*_CLOCK, *_CHANCE, *_ENVIRONMENT, *_DYNAMIC),
    "jax.modules": (*_CLOCK, *_CHANCE, *_ENVIRONMENT, *_DYNAMIC),
    "jax.adapters": (*_CLOCK, *_CHANCE, *_ENVIRONMENT),
}
_OPEN: Mapping[str, tuple[str, ...]] = {
    "jax.adapters.system": (*_CLOCK, *_CHANCE),  # it is the clock and the source of ids
    "jax.adapters.ed25519": ("os.urandom",),  # nobody may be able to make a key or a salt again
    "jax.adapters.embedded_postgres": (*_CLOCK, *_CHANCE, *_ENVIRONMENT),  # it runs a server, not a replay
}


def open_doors(source: Source) -> Iterator[Finding]:
    """Find the doors that the file uses and its package may not, each door once."""
    shut = {door for package, doors in _SHUT.items() if is_in(source.module, (package,)) for door in doors}
    opened = {door for package, doors in _OPEN.items() if is_in(source.module, (package,)) for door in doors}
    used: dict[str, int] = {}
    for name, line in _names_used(source.tree):
        for door in shut - opened:
            if is_in(name, (door,)) and not is_in(name, _NOT_A_DOOR):
                used.setdefault(door, line)
    for door, line in sorted(used.items()):
        yield Finding(
            "door", f"{source.module} {door}", f"line {line}: what it gives comes in by a port or a parameter"
        )


def _names_used(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield the full dotted name and the line of what is imported and of what is reached from it."""
    local = {"__import__": "__import__"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                local[alias.asname or root] = alias.name if alias.asname else root
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                local[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield f"{node.module}.{alias.name}", node.lineno
    within = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in within:
            root, *rest = _dotted(node)
            if root in local:
                yield ".".join((local[root], *rest)), node.lineno


def _dotted(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Attribute):
        return (*_dotted(node.value), node.attr)
    return (node.id,) if isinstance(node, ast.Name) else ("",)
