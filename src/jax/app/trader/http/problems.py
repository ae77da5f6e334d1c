"""Errors as RFC 9457 problem details, with a code that a program can act on."""

from collections.abc import Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from jax.app.trader.http.decimal_text import DecimalText
from jax.domain.decimal_text import plain
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.domain.reason_code import ReasonCode
from jax.domain.risk_decision import Denied
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Refused, Unavailable

MEDIA_TYPE = "application/problem+json"
_STATUS_OF_DENIAL = {
    ReasonCode.SIGNAL_NOT_FOUND: 404,
    ReasonCode.SIGNAL_NOT_APPROVED: 409,
    ReasonCode.EXECUTION_DISABLED: 423,
    ReasonCode.FENCED: 423,
    ReasonCode.BROKER_UNAVAILABLE: 503,
}
_STATUS_AND_CODE_OF_ERROR: Mapping[type[Exception], tuple[int, str]] = {
    NotFound: (404, "NOT_FOUND"),
    Conflict: (409, "CONFLICT"),
    IllegalTransition: (409, "ILLEGAL_TRANSITION"),
    InvalidValue: (422, "INVALID_VALUE"),
    Refused: (422, "REFUSED"),
    Unavailable: (503, "UNAVAILABLE"),
    OutcomeUnknown: (503, "OUTCOME_UNKNOWN"),
}
_MOST_FIELDS = 20


class FieldProblem(BaseModel):
    """What is wrong with one field of the request."""

    field: str
    problem: str


class Problem(BaseModel):
    """RFC 9457; `error` repeats `detail` for older clients, `numbers` are those that broke the rule."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    error: str
    numbers: dict[str, DecimalText] = Field(default_factory=dict)
    fields: list[FieldProblem] = Field(default_factory=list)


class ProblemRaised(Exception):
    """Ends a request with a problem; `more` are further members of its body."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.more = more


def problem_response(
    status: int, code: str, detail: str, *, more: Mapping[str, Any] | None = None
) -> JSONResponse:
    """The problem as a response; `more` are further members of its body."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "error": detail,
        **(more or {}),
    }
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE)


def problem_of_denial(denied: Denied) -> ProblemRaised:
    """Why there is no order: 422 unless the code says more."""
    status = _STATUS_OF_DENIAL.get(denied.reason_code, 422)
    return ProblemRaised(status, denied.reason_code, denied.detail, numbers=spelled(denied.numbers))


def spelled(numbers: Mapping[str, Decimal]) -> dict[str, str]:
    """Numbers as the wire has them; what is not finite keeps its name."""
    return {name: plain(value) if value.is_finite() else str(value) for name, value in numbers.items()}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"model": Problem, "description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def install_problem_handlers(app: FastAPI) -> None:
    """No error leaves `app` in any other form."""
    for kind in (ProblemRaised, RequestValidationError, HTTPException, *_STATUS_AND_CODE_OF_ERROR, Exception):
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> JSONResponse:
    match error:
        case ProblemRaised():
            return problem_response(error.status, error.code, str(error), more=error.more)
        case RequestValidationError():
            return _invalid_request(error)
        case HTTPException():
            return _http_error(request, error)
    for kind, (status, code) in _STATUS_AND_CODE_OF_ERROR.items():
        if isinstance(error, kind):
            return problem_response(status, code, str(error))
    # The server logs the traceback; whoever asked learns that it is our fault, and no more.
    return problem_response(500, "INTERNAL_ERROR", "jax-trader failed on this request; its log says why")


def _invalid_request(error: RequestValidationError) -> JSONResponse:
    fields = [
        {"field": _path(found["loc"]), "problem": found["msg"].removeprefix("Value error, ")}
        for found in error.errors()[:_MOST_FIELDS]
    ]
    first = fields[0]
    detail = f"{first['field']}: {first['problem']}"
    return problem_response(422, "INVALID_REQUEST", detail, more={"fields": fields})


def _path(location: tuple[int | str, ...]) -> str:
    """`("body", "bars", 3, "low")` is `bars[3].low`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location[1:]]
    return "".join(parts).lstrip(".") or str(location[0])


def _http_error(request: Request, error: HTTPException) -> JSONResponse:
    asked = f"{request.method} {request.url.path}"
    details = {
        404: f"there is no {asked}; /openapi.json lists what there is",
        405: f"there is no {asked}; the path knows other methods",
    }
    code = HTTPStatus(error.status_code).name
    response = problem_response(error.status_code, code, details.get(error.status_code, str(error.detail)))
    response.headers.update(error.headers or {})
    return response
