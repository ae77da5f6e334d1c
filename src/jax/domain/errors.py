"""The two ways a value of the domain refuses."""


class InvalidValue(ValueError):
    """A value cannot be what its field says.

    `field` names the thing, `problem` is a sentence that says what is wrong and what would be right.
    """

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class IllegalTransition(ValueError):
    """A state machine was asked for a step that its table does not hold."""

    def __init__(self, subject: str, from_state: str, to_state: str) -> None:
        super().__init__(f"{subject}: no step leads from {from_state} to {to_state}")
        self.subject = subject
        self.from_state = from_state
        self.to_state = to_state
