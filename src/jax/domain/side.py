"""Which way an order goes."""

from enum import StrEnum


class Side(StrEnum):
    """FIX 4.4 tag 54, in words."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for BUY, -1 for SELL."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> "Side":
        """SELL for BUY, BUY for SELL."""
        return Side.SELL if self is Side.BUY else Side.BUY
