"""What a worker elsewhere sends back: a result, or a sentence, since not every error survives the way."""

from collections.abc import Callable
from typing import Any

from jax.ports.compute_workers import TaskFailed

_DONE, _FAILED = "done", "failed"

Answer = tuple[str, Any]


def answer_of(work: Callable[[Any, Any], Any], shared: Any, task: Any) -> Answer:
    """What `work` made of the task, or why it made nothing."""
    try:
        return _DONE, work(shared, task)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told
        return failure(named(error))


def failure(reason: str) -> Answer:
    """The answer of a worker that cannot work."""
    return _FAILED, reason


def result_of(number: int, answer: Answer) -> Any:
    """The result of task `number`; TaskFailed when there is none."""
    kind, told = answer
    if kind == _FAILED:
        raise TaskFailed(number, told)
    return told


def named(error: BaseException) -> str:
    """The error in one sentence."""
    return f"{type(error).__name__}: {error}"
