"""The pinned root in a file of this machine."""

from pathlib import Path

from jax.adapters.gate_files.guarded_file import NotGuarded, locked, read_guarded, replace
from jax.domain.errors import InvalidValue
from jax.domain.gate_root import GateRoot, parse_root
from jax.ports.errors import Conflict, NotFound, Unavailable


class RootFile:
    """A GateRootSource: the file and its folder are root's or this user's, and nobody else may write them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> GateRoot:
        """See GateRootSource."""
        try:
            return parse_root(read_guarded(self._path))
        except FileNotFoundError as error:
            raise NotFound(
                f"There is no root file {self._path}: copy your desk's there, or begin one "
                "(`artifact-approver keyring init`)"
            ) from error
        except OSError as error:
            raise Unavailable(
                f"The root file {self._path} cannot be read ({error.strerror or error}): "
                "let this user read it and its folder"
            ) from error
        except NotGuarded:
            raise
        except InvalidValue as error:
            raise InvalidValue(
                str(self._path), f"is no root file ({error}): copy your desk's root file there again"
            ) from error


def write_root(path: Path, root: GateRoot) -> None:
    """Puts `root` at `path` (mode 0644), whole or not at all; makes its folder. Anew, the same is no change.

    Conflict unless its number is higher than that of the root that is there: somebody else may have added
    or ended a key meanwhile. InvalidValue when what is there cannot be used; Unavailable.
    """
    source = RootFile(path)
    try:
        with locked(path):
            try:
                before = source.read()
            except NotFound:
                before = None
            if before is not None and before.encoded() == root.encoded():
                return
            if before is not None and root.number <= before.number:
                raise Conflict(
                    f"The root file {path} is at number {before.number} already, and {root.number} is to be "
                    "written: read it again, and make the change to that"
                )
            replace(path, root.encoded(), mode=0o644)
    except OSError as error:
        raise Unavailable(
            f"The root file {path} cannot be written ({error.strerror or error}): "
            "make its folder one that you can write, with free space"
        ) from error
