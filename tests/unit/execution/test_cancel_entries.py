"""The entries of an artifact that is not loaded any more are taken back, whatever fails."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from jax.domain.errors import InvalidValue
from jax.domain.order import Order
from jax.domain.order_status import OrderStatus
from jax.domain.signal import SignalStatus
from jax.modules.execution.execute_signal import Executed
from jax.ports.broker import OrderReport
from jax.ports.errors import Conflict
from jax.ports.unit_of_work import Transaction
from tests.cancel_walk import (
    ENDS,
    Situation,
    filled_before_it_is_canceled,
    walk_through_every_cancel_fault,
    working,
)
from tests.contract import stored_values
from tests.desk import ACCOUNT, active_artifact, approved_signal, quote, submission
from tests.failing_ports import FailingBroker, FailingUnitOfWork, Fault, Fuse
from tests.floor import Floor, open_floor


async def _order(floor: Floor) -> Order:
    order = await floor.order()
    assert order is not None
    return order


def _loaded(floor: Floor) -> Mapping[str, str]:
    return {floor.artifact.payload_sha256: floor.artifact.artifact_id}


async def test_a_working_entry_is_canceled_at_the_broker_and_the_wish_is_audited_with_its_reason() -> None:
    async with open_floor() as floor:
        await working(floor)
        assert await floor.canceling().run_once() == 1
        order = await _order(floor)
        assert order.status is OrderStatus.CANCELED
        assert (await floor.desk.broker.query(order.client_order_id)).status is OrderStatus.CANCELED
        assert await floor.signal_status() is SignalStatus.EXECUTED
        async with floor.desk.unit_of_work.begin() as transaction:
            entries = await transaction.audit.entries(subject=order.client_order_id)
    assert [entry.event.kind for entry in entries][-2:] == ["order.cancel_requested", "order.changed"]
    assert entries[-2].event.data == {
        "reason_code": "ARTIFACT_NOT_LOADABLE",
        "detail": f"this trader does not run ma_crossover_v1 {floor.artifact.payload_sha256} any more",
        "artifact_id": floor.artifact.artifact_id,
        "artifact_hash": floor.artifact.payload_sha256,
        "status": "NEW",
        "leaves_quantity": "133",
    }


async def test_an_entry_of_what_is_loaded_goes_on_working() -> None:
    async with open_floor() as floor:
        await working(floor)
        broker = FailingBroker(floor.desk.broker, Fuse())
        assert await floor.canceling(loaded=_loaded(floor), broker=broker).run_once() == 0
        assert (await _order(floor)).status is OrderStatus.NEW
        same_bytes_of_another = {floor.artifact.payload_sha256: "another-artifact"}
        assert await floor.canceling(loaded=same_bytes_of_another).run_once() == 1


async def test_only_the_orders_of_the_artifact_that_left_are_canceled() -> None:
    async with open_floor() as floor:
        await working(floor)
        payload = submission()
        other = await active_artifact(floor.desk, replace(payload, params={**payload.params, "fast": 21}))
        await approved_signal(floor.desk, other, signal_id="sg2")
        engine = floor.engine(loaded={other.payload_sha256: other.artifact_id})
        kept = await engine.execute("sg2", approved_by="olivia")
        assert isinstance(kept, Executed)
        only_other = floor.canceling(loaded={other.payload_sha256: other.artifact_id})
        assert await only_other.run_once() == 1
        async with floor.desk.unit_of_work.begin() as transaction:
            after = await transaction.orders.get(kept.order.client_order_id)
        assert after.status is OrderStatus.NEW
        assert (await _order(floor)).status is OrderStatus.CANCELED


async def test_what_is_closed_is_not_asked_about_again() -> None:
    async with open_floor() as floor:
        await floor.engine().execute("sg1", approved_by="olivia")
        fuse = Fuse()
        canceling = floor.canceling(broker=FailingBroker(floor.desk.broker, fuse))
        assert await canceling.run_once() == 0
        assert fuse.log == []
        assert (await _order(floor)).status is OrderStatus.FILLED


@pytest.mark.parametrize("situation", ENDS)
async def test_a_fault_at_any_step_of_a_cancel_ends_in_what_both_sides_agree_on(situation: Situation) -> None:
    await walk_through_every_cancel_fault(open_floor, situation)


async def test_a_broker_that_does_not_answer_is_asked_again_and_the_wish_is_recorded_once() -> None:
    async with open_floor() as floor:
        await working(floor)
        for error in (Fault.REFUSED_BEFORE, Fault.LOST_BEFORE):
            lost = FailingBroker(floor.desk.broker, Fuse(at=1, fault=error))
            assert await floor.canceling(broker=lost).run_once() == 0
            assert (await _order(floor)).status is OrderStatus.NEW
        assert await floor.canceling().run_once() == 1
        async with floor.desk.unit_of_work.begin() as transaction:
            assert len(await transaction.audit.entries(kind="order.cancel_requested")) == 1


async def test_a_broker_that_never_answers_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jax.modules.execution.broker_answer._WITHIN_SECONDS", 0.01)
    never = asyncio.Event()

    class HangingBroker(FailingBroker):
        async def cancel(self, client_order_id: str) -> OrderReport:
            await never.wait()
            return await super().cancel(client_order_id)

    async with open_floor() as floor, asyncio.timeout(10):
        await working(floor)
        hanging = HangingBroker(floor.desk.broker, Fuse())
        assert await floor.canceling(broker=hanging).run_once() == 0


async def test_the_wish_is_committed_before_the_broker_is_asked() -> None:
    async with open_floor() as floor:
        await working(floor)

        class Watching(FailingBroker):
            async def cancel(self, client_order_id: str) -> OrderReport:
                async with floor.desk.unit_of_work.begin() as transaction:
                    wishes = await transaction.audit.entries(kind="order.cancel_requested")
                assert [wish.event.subject for wish in wishes] == [client_order_id]
                return await super().cancel(client_order_id)

        assert await floor.canceling(broker=Watching(floor.desk.broker, Fuse())).run_once() == 1


async def test_a_cancel_that_the_broker_has_only_taken_note_of_is_repeated() -> None:
    async with open_floor() as floor:
        await working(floor)

        class Slow(FailingBroker):
            async def cancel(self, client_order_id: str) -> OrderReport:
                self._fuse.before("cancel")
                return await self._broker.query(client_order_id)

        fuse = Fuse()
        canceling = floor.canceling(broker=Slow(floor.desk.broker, fuse))
        assert [await canceling.run_once() for _ in range(3)] == [0, 0, 0]
        assert fuse.log == ["cancel"] * 3
        async with floor.desk.unit_of_work.begin() as transaction:
            assert len(await transaction.audit.entries(kind="order.cancel_requested")) == 1


async def test_each_order_has_a_request_of_its_own_on_record() -> None:
    async with open_floor() as floor:
        await working(floor)
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "151", symbol="MSFT")
        second = await floor.engine().execute("sg2", approved_by="olivia")
        assert isinstance(second, Executed)
        assert await floor.canceling().run_once() == 2
        async with floor.desk.unit_of_work.begin() as transaction:
            wishes = await transaction.audit.entries(kind="order.cancel_requested")
        first = await _order(floor)
    assert [wish.event.subject for wish in wishes] == [first.client_order_id, second.order.client_order_id]


async def test_fills_that_come_with_the_answers_to_a_cancel_are_booked_and_counted() -> None:
    async with open_floor() as floor:
        await working(floor)
        order = await _order(floor)
        fills = [
            replace(stored_values.fill(order, f"x{n}", quantity=40), ts_event=order.created_at)
            for n in (1, 2)
        ]

        class Filling(FailingBroker):
            told = 0

            async def cancel(self, client_order_id: str) -> OrderReport:
                self.told += 1
                partly = OrderStatus.PARTIALLY_FILLED
                return OrderReport(client_order_id, "v1", partly, tuple(fills[: self.told]))

        canceling = floor.canceling(broker=Filling(floor.desk.broker, Fuse()))
        assert [await canceling.run_once() for _ in range(3)] == [1, 1, 0]
        after = await _order(floor)
    assert (after.status, after.filled_quantity) == (OrderStatus.PARTIALLY_FILLED, Decimal(80))


async def test_a_trader_that_was_replaced_cancels_nothing_of_the_next() -> None:
    async with open_floor() as floor:
        await working(floor)
        async with floor.desk.unit_of_work.begin() as transaction:
            epoch = await transaction.orders.raise_epoch(ACCOUNT)
        fuse = Fuse()
        replaced = floor.canceling(broker=FailingBroker(floor.desk.broker, fuse))
        with pytest.raises(Conflict, match=f"taken over {ACCOUNT} .epoch {epoch}.: stop this one"):
            await replaced.run_once()
        assert fuse.log == []
        async with floor.desk.unit_of_work.begin() as transaction:
            assert not await transaction.audit.entries(kind="order.cancel_requested")


async def test_a_trader_that_is_replaced_while_the_broker_answers_books_nothing() -> None:
    async with open_floor() as floor:
        await working(floor)

        class Replacing(FailingBroker):
            async def cancel(self, client_order_id: str) -> OrderReport:
                async with floor.desk.unit_of_work.begin() as transaction:
                    await transaction.orders.raise_epoch(ACCOUNT)
                return await super().cancel(client_order_id)

        with pytest.raises(Conflict, match="taken over"):
            await floor.canceling(broker=Replacing(floor.desk.broker, Fuse())).run_once()
        assert (await _order(floor)).status is OrderStatus.NEW


async def test_an_answer_that_cannot_be_does_not_keep_the_other_entries_from_being_canceled() -> None:
    async with open_floor() as floor:
        await working(floor)
        await approved_signal(floor.desk, floor.artifact, signal_id="sg2", symbol="MSFT")
        await quote(floor.desk, "151", symbol="MSFT")
        second = await floor.engine().execute("sg2", approved_by="olivia")
        assert isinstance(second, Executed)
        wrong = await _order(floor)

        class Wild(FailingBroker):
            async def cancel(self, client_order_id: str) -> OrderReport:
                report = await super().cancel(client_order_id)
                if client_order_id != wrong.client_order_id:
                    return report
                await quote(floor.desk, "149", symbol="MSFT")
                raise InvalidValue("price", "the answer cannot be read")

        with pytest.raises(InvalidValue, match="cannot be read"):
            await floor.canceling(broker=Wild(floor.desk.broker, Fuse())).run_once()
        async with floor.desk.unit_of_work.begin() as transaction:
            after = await transaction.orders.get(second.order.client_order_id)
        assert after.status is OrderStatus.FILLED, "it has filled first"


async def test_an_order_that_was_still_to_be_sent_is_denied_and_the_broker_hears_nothing() -> None:
    async with open_floor() as floor:
        async with floor.desk.unit_of_work.begin() as transaction:
            signal = await transaction.signals.get("sg1")
            later = replace(stored_values.order(signal), account=ACCOUNT, status=OrderStatus.INTENT)
            await transaction.orders.add(later, stored_values.trade(later, signal))
        fuse = Fuse()
        canceling = floor.canceling(broker=FailingBroker(floor.desk.broker, fuse))
        assert await canceling.run_once() == 1
        order = await _order(floor)
        assert (order.status, order.reason_code) == (OrderStatus.DENIED, "ARTIFACT_NOT_LOADABLE")
        assert fuse.log == []
        assert await floor.signal_status() is SignalStatus.REJECTED
        assert await canceling.run_once() == 0


async def test_an_order_that_closes_while_the_cancel_waits_its_turn_is_left_alone() -> None:
    async with open_floor() as floor:
        await filled_before_it_is_canceled(floor)

        class ReconciledFirst(FailingUnitOfWork):
            @asynccontextmanager
            async def begin(self) -> AsyncIterator[Transaction]:
                async with super().begin() as transaction:
                    yield transaction
                await floor.reconciler().run_once()

        fuse = Fuse()
        canceling = floor.canceling(
            unit_of_work=ReconciledFirst(floor.desk.unit_of_work, Fuse()),
            broker=FailingBroker(floor.desk.broker, fuse),
        )
        assert await canceling.run_once() == 0
        assert fuse.log == []
        async with floor.desk.unit_of_work.begin() as transaction:
            assert not await transaction.audit.entries(kind="order.cancel_requested")


async def test_an_order_recorded_and_not_yet_sent_when_its_artifact_goes_is_never_sent() -> None:
    async with open_floor() as floor:
        loaded, fuse = dict(_loaded(floor)), Fuse()

        class RevokedMeanwhile(FailingUnitOfWork):
            @asynccontextmanager
            async def begin(self) -> AsyncIterator[Transaction]:
                async with super().begin() as transaction:
                    yield transaction
                if "account" in fuse.log:
                    loaded.clear()

        broker = FailingBroker(floor.desk.broker, fuse)
        engine = floor.engine(
            unit_of_work=RevokedMeanwhile(floor.desk.unit_of_work, Fuse()), broker=broker, loaded=loaded
        )
        outcome = await engine.execute("sg1", approved_by="olivia")
        assert isinstance(outcome, Executed)
        assert (outcome.order.status, outcome.order.reason_code) == (
            OrderStatus.ABSENT,
            "ARTIFACT_NOT_LOADABLE",
        )
        assert await _order(floor) == outcome.order
        assert broker.placed == []
        assert await floor.signal_status() is SignalStatus.REJECTED
