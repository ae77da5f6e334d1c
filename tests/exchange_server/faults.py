"""What goes wrong on the way to the exchange and back, as a test asks for it."""

from dataclasses import dataclass, field


@dataclass
class Fault:
    """Befalls the next `times` requests whose path ends with `path` and whose method is `method`.

    `kind`: RESET and TIMEOUT lose the connection, STATUS answers with `status`, `body` and `headers`, GARBAGE
    with no JSON. With `after` the exchange has done what was asked before that happens.
    """

    kind: str
    method: str = "POST"
    path: str = "/order"
    after: bool = True
    times: int = 1
    status: int = 500
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Faults:
    """`invisible` names orders that no question shows."""

    waiting: list[Fault] = field(default_factory=list)
    invisible: set[str] = field(default_factory=set)

    def take(self, method: str, path: str) -> Fault | None:
        for fault in self.waiting:
            if fault.method == method and path.endswith(fault.path) and fault.times > 0:
                fault.times -= 1
                return fault
        return None
