"""A request that was cut off is no request, however much of its body has arrived."""

from starlette.types import Message, Receive, Scope, Send

from jax.app.http.guard import Access, RequestGuard


async def _send_to_guard(messages: list[Message]) -> tuple[int, list[Message]]:
    """How often the application behind the guard was called, and what the guard answered by itself."""
    reached = 0
    answered: list[Message] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal reached
        reached += 1

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        answered.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/execute",
        "headers": [(b"host", b"127.0.0.1")],
    }
    access = Access(token=None, hosts=frozenset({"127.0.0.1"}))
    await RequestGuard(application, access, "jax-trader")(scope, receive, send)
    return reached, answered


async def test_a_whole_body_reaches_the_application() -> None:
    part: Message = {"type": "http.request", "body": b'{"signal_id":', "more_body": True}
    rest: Message = {"type": "http.request", "body": b'"sg1"}', "more_body": False}
    assert await _send_to_guard([part, rest]) == (1, [])


async def test_a_body_that_looks_whole_when_the_client_hangs_up_reaches_nothing() -> None:
    part: Message = {"type": "http.request", "body": b'{"signal_id":"sg1"}', "more_body": True}
    assert await _send_to_guard([part, {"type": "http.disconnect"}]) == (0, [])
