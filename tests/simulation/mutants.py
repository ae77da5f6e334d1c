"""The mistakes that the simulator must notice, each as a patch of the real code or of what a port does.

A patch of source text that is not found any more stops with an error: the code has changed, and the mutant
has to follow it.
"""

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from jax.adapters.memory.order_store import MemoryOrderStore
from jax.domain.derived_id import client_order_id
from jax.domain.fill import Fill
from jax.domain.held_trade import HeldTrade
from jax.domain.order import Order, OrderLeg
from jax.domain.order_status import OPEN, OrderStatus
from jax.modules.bridge import send_order as bridge_send_order
from jax.modules.execution import account_book, apply_report, reconcile_orders
from jax.modules.execution.execute_signal import ExecuteSignal
from jax.modules.execution.protect_positions import ProtectPositions
from jax.modules.execution.reconcile_orders import ReconcileOrders
from jax.modules.execution.send_order import SendOrder
from jax.ports.broker import OrderReport
from jax.ports.errors import OutcomeUnknown, PortError
from tests.simulation.database import SimulatedDatabase
from tests.simulation.network import RemoteBroker
from tests.simulation.venue import SimulatedVenue


@dataclass(frozen=True, slots=True)
class Mutant:
    """`planted()` makes the mistake for as long as the block lasts; it breaks one of `breaks`.

    A world that the mistake has led elsewhere may trip over something else: that does not count. `noticed_by`
    was the smallest seed that noticed it, and is where to look first.
    """

    name: str
    noticed_by: int
    breaks: frozenset[str]
    planted: Callable[[], AbstractContextManager[object]]


@contextmanager
def rewritten(owner: Any, name: str, old: str, new: str) -> Iterator[None]:
    """The function `name` of a class or module with `old` in its source replaced by `new`."""
    function = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(old) != 1:
        raise LookupError(
            f"{name} holds {old!r} {source.count(old)} times: the mutant has to follow the code"
        )
    scope = vars(sys.modules[function.__module__])
    made: dict[str, Any] = {}
    exec(compile(source.replace(old, new), f"<mutant of {name}>", "exec"), scope, made)
    with patch.object(owner, name, made[name]):
        yield


async def _place_and_place_again(self: RemoteBroker, order: Order) -> OrderReport:
    try:
        return await _PLACE(self, order)
    except OutcomeUnknown:
        again = client_order_id(
            account=order.account, strategy=order.strategy, signal_id=order.signal_id, revision=1
        )
        return await _PLACE(self, replace(order, client_order_id=again))


_PLACE = RemoteBroker.place


async def _add_always(self: MemoryOrderStore, account: str, fill: Fill) -> bool:
    if await _ADD_FILL(self, account, fill):
        return True
    count = len(await self.fills(account))
    return await _ADD_FILL(self, account, replace(fill, execution_id=f"{fill.execution_id}-{count}"))


_ADD_FILL = MemoryOrderStore.add_fill


async def _unheard(self: RemoteBroker, account: str, epoch: int) -> None:
    pass


async def _not_recorded(*_args: object) -> None:
    pass


def _one_revision_later(self: HeldTrade, leg: OrderLeg) -> int:
    return _NEXT_REVISION(self, leg) + 1


_NEXT_REVISION = HeldTrade.next_revision


@contextmanager
def _protection_that_does_not_know_of_brackets() -> Iterator[None]:
    with (
        patch.object(apply_report, "attach_exits", _not_recorded),
        patch.object(HeldTrade, "next_revision", _one_revision_later),
    ):
        yield


def _arrive_with_exits_at_work(self: SimulatedVenue, order: Order) -> OrderReport | PortError:
    answer = _ARRIVE(self, order)
    known = self.orders[order.client_order_id]
    if known.is_working:
        self._begin_exits(known, shown_at=known.visible_at)
    return answer


_ARRIVE = SimulatedVenue._arrive


async def _left_alone(*_args: object) -> int:
    return 0


def _never_refused(*_args: object, **_kwargs: object) -> None:
    pass


MUTANTS = (
    Mutant(
        "timeout taken as rejected",
        3,
        frozenset({"I14", "I2"}),
        lambda: rewritten(SendOrder, "send", "OrderStatus.UNKNOWN", "OrderStatus.REJECTED"),
    ),
    Mutant(
        "blind resend",
        3,
        frozenset({"I1", "I5"}),
        lambda: patch.object(RemoteBroker, "place", _place_and_place_again),
    ),
    Mutant(
        "one not-found is absent",
        579,
        frozenset({"I14", "I2"}),
        lambda: patch.object(reconcile_orders, "_NOT_FOUND_ANSWERS", 1),
    ),
    Mutant(
        "not-founds counted without the arrival window",
        23,
        frozenset({"I14", "I2"}),
        lambda: rewritten(
            ReconcileOrders, "_reconcile", "asked_at > order.deadline_at + _VISIBLE_AFTER", "True"
        ),
    ),
    Mutant(
        "no deadline, no fence",
        88,
        frozenset({"I6"}),
        lambda: patch.object(bridge_send_order, "refusal_code", _never_refused),
    ),
    Mutant(
        "fence without registering the epoch at boot",
        76,
        frozenset({"I6"}),
        lambda: patch.object(RemoteBroker, "raise_epoch", _unheard),
    ),
    Mutant(
        "no dedupe of executions",
        1,
        frozenset({"BUG", "I2", "I3"}),
        lambda: patch.object(MemoryOrderStore, "add_fill", _add_always),
    ),
    Mutant(
        "reservation released on UNKNOWN",
        697,
        frozenset({"I4"}),
        lambda: patch.object(account_book, "OPEN", OPEN - {OrderStatus.UNKNOWN}),
    ),
    Mutant(
        "send before commit",
        1,
        frozenset({"I5"}),
        lambda: rewritten(
            ExecuteSignal,
            "execute",
            "record(asked, route=route)",
            "record(asked, route=route, and_then=lambda _, order: self._sender.send(order))",
        ),
    ),
    Mutant(
        "database losing its last commits",
        368,
        frozenset({"I2", "I5", "I11"}),
        lambda: patch.object(SimulatedDatabase, "loses_commits", True),
    ),
    Mutant(
        "exits of a bracket doubled by protection",
        8,
        frozenset({"I13"}),
        _protection_that_does_not_know_of_brackets,
    ),
    Mutant(
        "exits of a bracket that do not wait for their entry",
        8,
        frozenset({"I14", "LEFT"}),
        lambda: patch.object(SimulatedVenue, "_arrive", _arrive_with_exits_at_work),
    ),
    Mutant(
        "exits left at work after their trade",
        2,
        frozenset({"LEFT"}),
        lambda: patch.object(ProtectPositions, "_take_back", _left_alone),
    ),
)
