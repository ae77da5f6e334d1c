"""What a port's adapter raises, named by the caller's next move."""


class PortError(Exception):
    """Something on the other side of a port went wrong; only its sub-classes are raised."""


class Unavailable(PortError):
    """Nothing was done: the same call may be made again."""


class OutcomeUnknown(PortError):
    """It may have been done: ask before doing anything, never repeat blindly."""


class Refused(PortError):
    """The other side said no, for good; `code` is its own word for why."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Conflict(PortError):
    """Our view was stale, or the name is taken by something else: load again and look."""


class NotFound(PortError):
    """There is no such thing."""
