"""Requests under keys of their callers, in memory."""

from jax.adapters.memory.session import Session
from jax.domain.keyed_request import KeyedRequest


class MemoryKeyedRequests:
    """The requests within a transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, account: str, *, key: str) -> KeyedRequest | None:
        return self._session.read().keyed_requests.get((account, key))

    async def keep(self, request: KeyedRequest) -> None:
        state = await self._session.write()
        if request.account not in state.epochs:
            raise self._session.conflict(f"there is no account {request.account}")
        if request.signal_id not in state.signals:
            raise self._session.conflict(f"there is no signal {request.signal_id}")
        if (request.account, request.key) in state.keyed_requests:
            raise self._session.conflict(f"key {request.key} of account {request.account} is stored already")
        state.keyed_requests[request.account, request.key] = request
