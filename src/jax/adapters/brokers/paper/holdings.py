"""What the paper account holds now: its ledger, kept up with the fills in the file."""

from decimal import Decimal

from jax.adapters.brokers.paper.ledger import Ledger
from jax.adapters.brokers.paper.venue_file import VenueFile


class Holdings:
    """Fills are only ever appended, so a look needs those alone that came since the last one."""

    def __init__(self, file: VenueFile) -> None:
        self._file = file
        self._starting_cash = file.starting_cash()
        self.forget()

    def forget(self) -> None:
        """Starts over: of what was kept here, some was not committed after all."""
        self._ledger = Ledger(self._starting_cash, {})
        self._fills_in_ledger = 0

    def catch_up(self) -> None:
        """Called at the start of a transaction, before it writes: what is kept here was committed."""
        self._ledger, self._fills_in_ledger = self._folded()

    def now(self) -> Ledger:
        """The ledger with what this transaction has written so far, which may still be rolled back."""
        return self._folded()[0]

    def signed_quantity(self, symbol: str) -> Decimal:
        """As `now`, of one symbol."""
        return self.now().held().get(symbol, Decimal(0))

    def _folded(self) -> tuple[Ledger, int]:
        new = self._file.bookings_after(self._fills_in_ledger)
        if not new:
            return self._ledger, self._fills_in_ledger
        newest, _ = new[-1]
        bookings = [booking for _, booking in new]
        listings = self._file.listings({booking.symbol for booking in bookings})
        return self._ledger.after(bookings, listings), newest
