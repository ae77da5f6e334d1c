"""Logs as JSON lines on standard error, ours and those of the libraries."""

import logging
import sys
from collections.abc import Callable

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor


def log_to_standard_error(policy: Callable[[], str | None] = lambda: None) -> None:
    """Every record becomes one line of JSON with time, level, event, and the policy's mark if it has one.

    Called at the start, and again when there is somebody who knows the policy.
    """
    shared: list[Processor] = [
        _naming(policy),
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Without the values of local variables: one of them may be a secret.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _naming(policy: Callable[[], str | None]) -> Processor:
    def name(_logger: object, _method: str, line: EventDict) -> EventDict:
        mark = policy()
        return line if mark is None else {"policy": mark, **line}

    return name
