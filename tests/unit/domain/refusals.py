"""How a test asks whether something is refused, and with which words."""

from collections.abc import Callable

from jax.domain.errors import IllegalTransition, InvalidValue


def refusal_of(action: Callable[[], object]) -> InvalidValue | None:
    """The error with which `action` refuses a value; None when it does not."""
    try:
        action()
    except InvalidValue as error:
        return error
    return None


def illegal_step_of(action: Callable[[], object]) -> IllegalTransition | None:
    """The error with which `action` refuses a step; None when it takes it."""
    try:
        action()
    except IllegalTransition as error:
        return error
    return None
