"""The invariants of the execution protocol, watched from outside: the tables, the wire, the venue."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from jax.adapters.memory.state import State
from jax.domain.audit import AuditEntry, next_entry
from jax.domain.controls import AccountControls, TradingMode
from jax.domain.fill import Fill
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN, ORDER_TRANSITIONS, UNRESOLVED, OrderStatus
from jax.domain.position import positions_of
from jax.modules.execution.execute_signal import Executed
from jax.modules.execution.replay_decisions import DECIDED, Outcome, decide_again
from tests.simulation.house import ACCOUNT, LARGEST_POSITION, LIMITS, STARTING_CASH
from tests.simulation.possibilities import MOST_TRANSIT_SECONDS
from tests.simulation.venue import PRICE, SimulatedVenue, VenueOrder
from tests.simulation.virtual_loop import VirtualLoop

# An order that was decided at the last moment may be sent until its deadline, five seconds later.
_LONGEST_WAY_SECONDS = 5 + MOST_TRANSIT_SECONDS
_MOST_TRANSIT = timedelta(seconds=MOST_TRANSIT_SECONDS)

_CLOSED_BY_EVIDENCE = frozenset(
    {OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.ABSENT}
)


@dataclass(frozen=True, slots=True)
class Violation:
    """Which invariant broke, when (seconds of the world) and how."""

    invariant: str
    at: float
    detail: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.at:.3f} s: {self.detail}"


class Watch:
    """Sees everything that happens; the first thing that must not is kept and ends the world."""

    venue: SimulatedVenue

    def __init__(self, loop: VirtualLoop, *, committed: Callable[[], State]) -> None:
        self.violation: Violation | None = None
        self.armed_epoch = 0
        self.filled = 0
        self.is_bridge_killed: Callable[[], bool] = lambda: False
        self.sends_are_off = False
        self._committed = committed
        self._loop = loop
        self._jumped_at = float("-inf")
        self._killed_at = self._reduced_at = float("inf")
        self._answers: dict[str, tuple[str, str, Decimal]] = {}
        self._first_entry = len(committed().audit)
        self._corrected: set[str] = set()

    def fail(self, invariant: str, detail: str) -> None:
        if self.violation is None:
            self.violation = Violation(invariant, self._loop.time(), detail)
            self._loop.stop()

    def armed(self, epoch: int) -> None:
        """A trader may send by now: nothing older is taken, but for what the bridge had sent on already."""
        at = self._loop.time() + MOST_TRANSIT_SECONDS
        self._loop.at(at, lambda: setattr(self, "armed_epoch", max(self.armed_epoch, epoch)))

    def jumped(self) -> None:
        """The clocks were set: what is in transit was judged by how they stood before."""
        self._jumped_at = self._loop.time()

    # On the wire.

    def sent(self, order: Order) -> None:
        """An order leaves a trader for the bridge."""
        if self.sends_are_off:
            self.fail("I12", f"{order.client_order_id} is sent by a trader that is switched off")
        stored = self._committed().orders.get(order.client_order_id)
        if stored is None:
            self.fail("I5", f"{order.client_order_id} is sent and was never committed")
        elif terms(stored) != terms(order):
            self.fail(
                "I5", f"{order.client_order_id} is sent as {terms(order)}, committed as {terms(stored)}"
            )

    # At the venue.

    def accepted(self, order: Order, at: datetime) -> None:
        """The venue takes an order `at` its time, perhaps one that it has already."""
        cid, late = order.client_order_id, at - order.deadline_at
        if late > _MOST_TRANSIT and self._loop.time() - self._jumped_at > 2 * MOST_TRANSIT_SECONDS:
            self.fail("I6", f"the venue takes {cid} {late.total_seconds():.2f} s after its deadline")
        stored = self._committed().orders.get(cid)
        if stored is None:
            return self.fail("I5", f"the venue takes {cid}, which is not committed")
        self._check_not_beside_a_bracket(order)
        if order.epoch < self.armed_epoch:
            self.fail("I6", f"the venue takes {cid} of epoch {order.epoch}, armed is {self.armed_epoch}")
        same = [
            known.order
            for known in self.venue.orders.values()
            if _slot(known.order) == _slot(order) and known.status is not OrderStatus.REJECTED
        ]
        if len(same) > 1 or (same and same[0] is not order):
            self.fail("I1", f"the venue takes a second order for {_slot(order)}")
        if stored.status not in OPEN and self.venue.orders[cid].is_working:
            self.fail("I14", f"{cid} works at the venue and reserves nothing: it is {stored.status} here")
        self._check_words(order)
        if not order.reduces_only and not self.venue.has_surprised(_LONGEST_WAY_SECONDS):
            self._check_limits()
        return None

    def attached(self, exit_: Order, entry: Order) -> None:
        """The venue lets an exit work that came with its entry."""
        cid, stored = exit_.client_order_id, self._committed().orders.get(entry.client_order_id)
        if stored is None or terms(stored) != terms(entry):
            self.fail("I5", f"{cid} works, and no entry is committed that brings it along")
        if cid in self.venue.orders or any(_slot(known.order) == _slot(exit_) for known in self._placed()):
            self.fail("I1", f"{cid} works beside another order for {_slot(exit_)}")

    def _check_not_beside_a_bracket(self, order: Order) -> None:
        """What came with the entry leaves all of it: another order of that leg would leave it twice."""
        for known in self._placed():
            is_double = (known.order.signal_id, known.order.leg) == (order.signal_id, order.leg)
            if is_double and known.entry is not None and known.is_working:
                self.fail("I13", f"{order.client_order_id} is taken beside {known.order.client_order_id}")

    def _placed(self) -> list[VenueOrder]:
        return list(self.venue.orders.values())

    def _check_words(self, order: Order) -> None:
        """What raises risk comes only before, or in the moment of, a kill or a stricter mode."""
        now = self._loop.time()
        if order.reduces_only:
            return
        if now - self._killed_at > _LONGEST_WAY_SECONDS:
            self.fail("I9", f"{order.client_order_id} is taken {now - self._killed_at:.1f} s after the kill")
        if now - self._reduced_at > _LONGEST_WAY_SECONDS:
            self.fail("I15", f"{order.client_order_id} is taken {now - self._reduced_at:.1f} s after REDUCE")

    def _note_words(self, controls: AccountControls | None) -> None:
        now, never = self._loop.time(), float("inf")
        is_killed = controls is not None and controls.kill is not None
        is_reduced = controls is not None and not _is_normal(controls)
        self._killed_at = min(self._killed_at, now) if is_killed else never
        self._reduced_at = min(self._reduced_at, now) if is_reduced else never

    def _check_parent(self, state: State, order: Order) -> None:
        """The orders of one leg never leave more than the entry has brought and the others have not left.

        At the venue two legs of one trade may both fill where another trade holds the same symbol.
        """
        of_trade = [other for other in state.orders.values() if other.signal_id == order.signal_id]
        exits = [other for other in of_trade if other.reduces_only]
        has_bracket = any(other.bracket_stop_price is not None for other in of_trade)
        entered = _filled(other for other in of_trade if not other.reduces_only)
        # A bust may take from the entry what has been left already.
        held = max(entered - _filled(exits), Decimal(0))
        leaving = Decimal(0)
        for other in exits:
            if other.leg is order.leg and other.status in OPEN:
                # The venue bounds what came with the entry by what is held, which may grow.
                is_bounded = has_bracket and other.revision == 0
                leaving += min(other.leaves_quantity, held) if is_bounded else other.leaves_quantity
        if leaving > held:
            self.fail("I13", f"{order.client_order_id}: {leaving} leaving, {held} held of {entered} entered")

    def executed(self, order: Order) -> None:
        """Part of an order was filled."""
        self.filled += 1

    def _check_limits(self) -> None:
        working = [
            known for known in self.venue.orders.values() if known.is_working and not known.order.reduces_only
        ]
        held = self.venue.held()
        symbols = {known.order.symbol for known in working} | held.keys()
        if len(symbols) > LIMITS.max_open_positions:
            self.fail("I4", f"{len(symbols)} symbols are held or worked, at most {LIMITS.max_open_positions}")
        for symbol in symbols:
            worked = sum((known.leaves for known in working if known.order.symbol == symbol), Decimal(0))
            if (held.get(symbol, Decimal(0)) + worked) * PRICE > LARGEST_POSITION:
                self.fail("I4", f"{held.get(symbol, 0)} {symbol} are held and {worked} worked at {PRICE}")
        at_risk = sum((abs(quantity) for quantity in held.values()), Decimal(0)) * PRICE
        at_risk += sum((known.leaves * PRICE for known in working), Decimal(0))
        if at_risk > STARTING_CASH:
            self.fail("I4", f"positions and open orders may cost {at_risk} of {STARTING_CASH}")

    # In the tables.

    def committed(self, before: State, after: State) -> None:
        """A transaction has committed."""
        if before.controls != after.controls:
            self._note_words(after.controls.get(ACCOUNT))
        entries = after.audit[len(before.audit) :]
        self._decide_again(entries)
        if before.orders == after.orders and before.fills is after.fills:
            return
        for cid, order in after.orders.items():
            earlier = before.orders.get(cid)
            if earlier is order:
                continue
            if earlier is None:
                self._check_recorded(entries, order)
                if order.reduces_only:
                    self._check_parent(after, order)
            elif (earlier.status, earlier.filled_quantity) != (order.status, order.filled_quantity):
                self._check_steps(entries, earlier, order)
                self._check_step(earlier, order, after)
            self._check_fills(order, after)

    def _decide_again(self, entries: Sequence[AuditEntry]) -> None:
        """What is recorded of a decision is what it followed from."""
        for found in (decide_again(entry) for entry in entries if entry.event.kind in DECIDED):
            if found.outcome not in {Outcome.EQUAL, Outcome.UNDECIDED}:
                self.fail("the record", f"entry {found.n} of {found.subject}: {found.differences}")

    def _check_recorded(self, entries: Sequence[AuditEntry], order: Order) -> None:
        """A new order stands beside the entry that says why."""
        kind, subject = "order.decided", order.signal_id
        if order.reduces_only:
            kind, subject = "order.leaving", order.client_order_id
        found = [entry for entry in entries if (entry.event.kind, entry.event.subject) == (kind, subject)]
        found += [entry for entry in entries if _is_attached_by(entry, order)]
        if len(found) != 1:
            self.fail("I8", f"{len(found)} entries {kind} of {subject} for one new order")

    def _check_steps(self, entries: Sequence[AuditEntry], earlier: Order, order: Order) -> None:
        """The entries lead from the one status to the other, each by a step of the table."""
        cid, status = order.client_order_id, str(earlier.status)
        steps = [e.event.data for e in entries if (e.event.kind, e.event.subject) == ("order.changed", cid)]
        for step in steps:
            if not isinstance(step, dict) or step["from"] != status:
                self.fail("I8", f"{cid} is {status}, and the next entry says {step}")
                return
            status = step["to"]
        if not steps or status != order.status:
            self.fail("I8", f"{cid} becomes {order.status}, and {len(steps)} entries say {status}")

    def _check_step(self, earlier: Order, order: Order, after: State) -> None:
        cid, known = order.client_order_id, self.venue.orders.get(order.client_order_id)
        if order.filled_quantity < earlier.filled_quantity and not any(
            fill.revision for fill in after.fills.values() if fill.client_order_id == cid
        ):
            self.fail("I7", f"{cid} falls from {earlier.filled_quantity} to {order.filled_quantity} filled")
        if earlier.status in _CLOSED_BY_EVIDENCE and known is None:
            self.fail("I7", f"{cid} was {earlier.status} and is {order.status} without evidence")
        if order.status in _CLOSED_BY_EVIDENCE and known is not None and known.is_working:
            self.fail("I14", f"{cid} becomes {order.status} here while it works at the venue")
        if earlier.status in UNRESOLVED and order.status not in ORDER_TRANSITIONS[earlier.status]:
            self.fail("I7", f"{cid}: no step from {earlier.status} to {order.status}")

    def _check_fills(self, order: Order, after: State) -> None:
        booked = sum((fill.quantity for fill in effective(after, order.client_order_id)), Decimal(0))
        if booked != order.filled_quantity:
            self.fail("I3", f"{order.client_order_id} says {order.filled_quantity}, its fills {booked}")

    # What callers hear.

    def answered(self, signal_id: str, outcome: Executed) -> None:
        answer = (outcome.trade.trade_id, outcome.order.client_order_id, outcome.order.quantity)
        if self._answers.setdefault(signal_id, answer) != answer:
            self.fail("I11", f"{signal_id} is answered with {answer} and {self._answers[signal_id]}")

    # When everything has settled.

    def settled(self, state: State) -> None:
        """After the last fault time has passed: both sides say the same, and nothing is left open."""
        left = [order for order in state.orders.values() if order.status in OPEN]
        if any(order.status in UNRESOLVED for order in left):
            self.fail("I10", f"unresolved: {[(o.client_order_id, str(o.status)) for o in left]}")
        # What was busted before anybody heard of it has never been.
        theirs = _counting(self.venue.effective_fills())
        ours = _counting(effective(state))
        if ours != theirs:
            self.fail("I2", f"only here {sorted(ours - theirs)}, only there {sorted(theirs - ours)}")
        booked = {
            s: p.signed_quantity for s, p in positions_of(effective(state)).items() if p.signed_quantity
        }
        if booked != self.venue.held():
            self.fail("I3", f"position here {booked}, there {self.venue.held()}")
        for order in left:
            known = self.venue.orders.get(order.client_order_id)
            if known is None or not known.is_working:
                self.fail("I14", f"{order.client_order_id} is {order.status} here and closed at the venue")
        for known in self._placed():
            stored = state.orders.get(known.order.client_order_id)
            if known.is_working and (stored is None or stored.status not in OPEN):
                self.fail("I14", f"{known.order.client_order_id} works at the venue and is not open here")
        self._check_stops(state)
        self._check_left(state)
        self._check_chain(state)

    def _check_stops(self, state: State) -> None:
        """What is held has a stop at the venue, unless people hold the account back or have to act."""
        if self.is_bridge_killed():
            return
        controls = state.controls.get(ACCOUNT, AccountControls())
        if controls.kill is not None or not _is_normal(controls):
            return
        for order in state.orders.values():
            ways_out = [
                other
                for other in state.orders.values()
                if other.signal_id == order.signal_id and other.reduces_only
            ]
            held = order.filled_quantity - sum((other.filled_quantity for other in ways_out), Decimal(0))
            # An order that closes the trade at the market is under way to protect it, and better.
            stops = [other for other in ways_out if other.leg in {OrderLeg.STOP, OrderLeg.CLOSE}]
            covered = sum((known.leaves for other in stops if (known := self._known(other))), Decimal(0))
            is_refused = sum(other.status is OrderStatus.REJECTED for other in stops) > 2
            if not order.reduces_only and held > covered and not is_refused:
                self.fail("STOP", f"{order.client_order_id} holds {held}, its stops cover {covered}")

    def _check_left(self, state: State) -> None:
        """No exit works for a trade that holds nothing."""
        held: dict[str, Decimal] = {}
        for order in state.orders.values():
            filled = -order.filled_quantity if order.reduces_only else order.filled_quantity
            held[order.signal_id] = held.get(order.signal_id, Decimal(0)) + filled
        for known in self._placed():
            order = known.order
            if order.reduces_only and known.is_working and not (held.get(order.signal_id, Decimal(0)) > 0):
                self.fail("LEFT", f"{order.client_order_id} works, and its trade holds nothing")

    def _known(self, order: Order) -> VenueOrder | None:
        return self.venue.orders.get(order.client_order_id)

    def _check_chain(self, state: State) -> None:
        chain = state.audit
        for entry, last in zip(chain[self._first_entry :], chain[self._first_entry - 1 :], strict=False):
            if entry != next_entry(entry.event, last=last):
                self.fail("I8", f"entry {entry.n} of the audit log does not follow from the one before")


def effective(state: State, client_order_id: str | None = None) -> list[Fill]:
    """The highest revision of each execution of the account, or of one order."""
    counting: dict[str, Fill] = {}
    for (account, execution_id, _), fill in state.fills.items():
        if account == ACCOUNT and client_order_id in {None, fill.client_order_id}:
            counting[execution_id] = fill
    return list(counting.values())


def terms(order: Order) -> tuple[object, ...]:
    """What is said of an order on the wire."""
    return (
        *(order.client_order_id, order.account, order.symbol, order.side, order.order_type, order.quantity),
        *(order.limit_price, order.stop_price, order.time_in_force, order.epoch, order.deadline_at),
        *(order.bracket_stop_price, order.bracket_target_price),
    )


def _slot(order: Order) -> tuple[str, str, str, OrderLeg, int]:
    revision = 0 if order.leg is OrderLeg.ENTRY else order.revision
    return order.account, order.strategy, order.signal_id, order.leg, revision


def _is_attached_by(entry: AuditEntry, order: Order) -> bool:
    """Whether an entry of the log says that the exit came with its entry."""
    event = entry.event
    return event.kind == "order.attached" and order.client_order_id in (event.data or {}).values()  # type: ignore[union-attr]


def _counting(fills: Sequence[Fill]) -> set[tuple[str, int, Decimal]]:
    return {(fill.execution_id, fill.revision, fill.quantity) for fill in fills if fill.quantity}


def _is_normal(controls: AccountControls) -> bool:
    """Read without the code that is watched."""
    return controls.mode is None or controls.mode.mode is TradingMode.NORMAL


def _filled(orders: Iterable[Order]) -> Decimal:
    return sum((order.filled_quantity for order in orders), Decimal(0))
