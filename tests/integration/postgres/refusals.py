"""Statements that must be refused, and by what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest


@asynccontextmanager
async def refused_by(constraint: str) -> AsyncIterator[None]:
    """The block breaks this key or check."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        yield
    assert refused.value.constraint_name == constraint


@asynccontextmanager
async def refused_with(code: str, sentence: str) -> AsyncIterator[None]:
    """The block is refused by a trigger, with this SQLSTATE and this sentence (a pattern)."""
    with pytest.raises(asyncpg.PostgresError, match=sentence) as refused:
        yield
    assert refused.value.sqlstate == code
