"""Whatever the broker says, in whatever order: the laws of an order hold after each step."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jax.domain.fill import Fill
from jax.domain.order import Order
from jax.domain.order_status import COMMITTED, ORDER_TRANSITIONS, OrderStatus
from tests.unit.domain.examples import NOON, a_fill, an_order
from tests.unit.domain.numbers import fine_prices
from tests.unit.domain.refusals import illegal_step_of, refusal_of

_CLOSED = {OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED, OrderStatus.ABSENT}
_AT_HOME = {OrderStatus.INTENT, OrderStatus.DENIED}


class OrderMachine(RuleBasedStateMachine):
    order: Order

    def __init__(self) -> None:
        super().__init__()
        self.fills: list[Fill] = []
        self.moment = NOON

    @initialize(
        quantity=st.integers(min_value=1, max_value=1000),
        status=st.sampled_from([OrderStatus.INTENT, OrderStatus.PENDING_NEW, OrderStatus.ADOPTED]),
    )
    def begin(self, quantity: int, status: OrderStatus) -> None:
        self.order = an_order(quantity=Decimal(quantity), status=status)

    @rule(status=st.sampled_from(OrderStatus), reason=st.none() | st.just("WHY"))
    def hears_a_status(self, status: OrderStatus, reason: str | None) -> None:
        before = self.order
        self.moment += timedelta(seconds=1)
        if status in ORDER_TRANSITIONS[before.status]:
            self.order = before.moved_to(status, at=self.moment, reason_code=reason)
            assert (self.order.status, self.order.updated_at) == (status, self.moment)
            return
        refusal = illegal_step_of(lambda: before.moved_to(status, at=self.moment))
        assert refusal is not None
        assert (refusal.from_state, refusal.to_state) == (before.status, status)

    @precondition(lambda self: self.order.leaves_quantity > 0 and self.order.status not in _AT_HOME)
    @rule(share=st.integers(min_value=1, max_value=100), price=fine_prices)
    def is_filled(self, share: int, price: Decimal) -> None:
        before = self.order
        self.moment += timedelta(seconds=1)
        quantity = max(before.leaves_quantity * share // 100, Decimal(1))
        fill = a_fill(execution_id=f"e{len(self.fills)}", quantity=quantity, price=price)
        self.order = before.with_fill(fill, at=self.moment)
        self.fills.append(fill)
        assert self.order.filled_quantity == before.filled_quantity + quantity
        assert self.order.updated_at == self.moment
        if before.status in _CLOSED:
            assert self.order.status in ORDER_TRANSITIONS[OrderStatus.ADOPTED]
        else:
            assert self.order.status in ORDER_TRANSITIONS[before.status]

    @rule(more=st.integers(min_value=1, max_value=1000))
    def is_filled_beyond_its_quantity(self, more: int) -> None:
        fill = a_fill(execution_id="over", quantity=self.order.leaves_quantity + more)
        refusal = refusal_of(lambda: self.order.with_fill(fill, at=self.moment))
        assert refusal is not None
        assert refusal.field == "fill"

    @precondition(lambda self: self.order.status in _AT_HOME)
    @rule()
    def is_filled_without_having_been_sent(self) -> None:
        fill = a_fill(execution_id="early", quantity=self.order.leaves_quantity)
        assert illegal_step_of(lambda: self.order.with_fill(fill, at=self.moment)) is not None

    @invariant()
    def the_quantities_are_those_of_the_fills(self) -> None:
        filled = sum((fill.quantity for fill in self.fills), Decimal(0))
        assert self.order.filled_quantity == filled
        assert self.order.leaves_quantity == self.order.quantity - filled
        assert 0 <= filled <= self.order.quantity

    @invariant()
    def the_average_price_lies_among_the_fills(self) -> None:
        if not self.fills:
            assert self.order.average_price is None
            return
        prices = [fill.price for fill in self.fills]
        assert self.order.average_price is not None
        assert min(prices) <= self.order.average_price <= max(prices)

    @invariant()
    def what_was_filled_is_at_the_broker(self) -> None:
        assert not self.fills or self.order.status in COMMITTED


TestOrderMachine = OrderMachine.TestCase
