"""What was said of an account: modes, the kill switch, arming, the latch of the daily loss."""

from datetime import date, datetime
from typing import Protocol

from jax.domain.controls import AccountControls, Arming, ModeChange, Said, SessionOpening


class AccountControlStore(Protocol):
    """Within a transaction; whoever changes something has locked the account before."""

    async def get(self, account: str) -> AccountControls:
        """Everything that holds; nothing was said of an account that is not stored."""
        ...

    async def set_mode(self, account: str, change: ModeChange, *, strategy: str | None = None) -> None:
        """Replaces the mode of the account, or of one strategy in it."""
        ...

    async def engage_kill(self, account: str, said: Said) -> None:
        """Keeps the first word when it is engaged already."""
        ...

    async def release_kill(self, account: str, *, at: datetime) -> None: ...

    async def arm(self, account: str, arming: Arming) -> None:
        """Replaces an earlier arming of the same artifact."""
        ...

    async def disarm(self, account: str, *, artifact_hash: str, at: datetime) -> None: ...

    async def open_session(self, account: str, opening: SessionOpening) -> None:
        """Keeps the first opening of a session; a later session's replaces an earlier one's."""
        ...

    async def latch_loss(self, account: str, session_date: date) -> None:
        """The daily loss was reached in that session; a later date is never replaced by an earlier one."""
        ...
