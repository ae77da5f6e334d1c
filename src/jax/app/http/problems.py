"""Errors as RFC 9457 problem details, with a code that a program can act on."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from jax.app.http.decimal_text import DecimalText
from jax.domain.approval_count import GateRefused
from jax.domain.errors import IllegalTransition, InvalidValue
from jax.ports.errors import Conflict, NotFound, OutcomeUnknown, Refused, Unavailable

MEDIA_TYPE = "application/problem+json"
_STATUS_AND_CODE_OF_ERROR: Mapping[type[Exception], tuple[int, str]] = {
    NotFound: (404, "NOT_FOUND"),
    Conflict: (409, "CONFLICT"),
    GateRefused: (409, "GATE_REFUSED"),
    IllegalTransition: (409, "ILLEGAL_TRANSITION"),
    InvalidValue: (422, "INVALID_VALUE"),
    Refused: (422, "REFUSED"),
    Unavailable: (503, "UNAVAILABLE"),
    OutcomeUnknown: (503, "OUTCOME_UNKNOWN"),
}
_MOST_FIELDS = 20

# Further members of a problem that is about the caller's doing, such as the policy that refused it.
Members = Callable[[], Awaitable[Mapping[str, Any]]]


class FieldProblem(BaseModel):
    """What is wrong with one field of the request."""

    field: str = Field(examples=["bars[3].low"])
    problem: str = Field(examples=['must be a decimal number as a string, such as "150.25"'])


class Problem(BaseModel):
    """RFC 9457; `error` repeats `detail` for older clients, `numbers` are those that broke the rule."""

    type: str = Field("about:blank", examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["NOT_FOUND"])
    detail: str = Field(examples=["There is no artifact 5f0c."])
    error: str = Field(examples=["There is no artifact 5f0c."])
    numbers: dict[str, DecimalText] = Field(default_factory=dict, examples=[{"limit": "0.2"}])
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


def status_and_code_of(error: Exception) -> tuple[int, str] | None:
    """What an error of the domain or the ports means over HTTP; None for one that is our fault."""
    for kind, found in _STATUS_AND_CODE_OF_ERROR.items():
        if isinstance(error, kind):
            return found
    return None


def responses(*statuses: int, model: type[Problem] = Problem) -> dict[int | str, dict[str, Any]]:
    """The problems of a route, for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
    return {
        status: {"model": model, "description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def install_problem_handlers(app: FastAPI, *, program: str, members: Members | None = None) -> None:
    """No error leaves `app` in any other form.

    `members` are added to the problems that the domain and the ports make of a request; not to failures.
    """

    async def answer(request: Request, error: Exception) -> JSONResponse:
        match error:
            case ProblemRaised():
                return problem_response(error.status, error.code, str(error), more=error.more)
            case RequestValidationError():
                return _invalid_request(error)
            case HTTPException():
                return _http_error(request, error)
        known = status_and_code_of(error)
        if known is None:
            # The server logs the traceback; whoever asked learns that it is our fault, and no more.
            return problem_response(
                500, "INTERNAL_ERROR", f"{program} failed on this request; its log says why"
            )
        status, code = known
        more = await members() if members is not None and status < 500 else {}
        return problem_response(status, code, str(error), more={**_fields_of(error), **more})

    for kind in (ProblemRaised, RequestValidationError, HTTPException, *_STATUS_AND_CODE_OF_ERROR, Exception):
        app.add_exception_handler(kind, answer)


def _fields_of(error: Exception) -> Mapping[str, Any]:
    if isinstance(error, InvalidValue):
        return {"fields": [{"field": error.field, "problem": error.problem}]}
    return {}


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
