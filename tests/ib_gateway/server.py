"""A gateway that speaks TWS's wire protocol on loopback, as a script tells it to."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

from jax.adapters.brokers.paper.ledger import PaperAccount
from jax.domain.bar import Bar
from jax.domain.instrument import Instrument
from jax.ports.clock import Clock
from jax.ports.errors import NotFound
from tests.ib_gateway import messages
from tests.ib_gateway.book import GatewayBook
from tests.ib_gateway.messages import SERVER_VERSION, Fields, WireExecution, WireOrder, framed
from tests.ib_gateway.script import Reaction, Script

ACCOUNT = "DU1234567"


class _Connection:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.client_id = -1
        self.wants_positions = False

    def send(self, *told: Fields) -> None:
        if not self.writer.is_closing():
            for fields in told:
                self.writer.write(framed(fields))


class ScriptedGateway:
    """Its book outlives its connections and restarts, as Interactive Brokers does."""

    def __init__(self, clock: Clock, starting_cash: Decimal = Decimal(100_000)) -> None:
        self.book = GatewayBook(clock, PaperAccount(account=ACCOUNT, starting_cash=starting_cash))
        self.script = Script()
        self.next_valid_id = 1
        self.port = 0
        self.asked: list[int] = []
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._handlers: dict[int, Callable[[_Connection, list[str]], None]] = {
            1: self._market_data,
            3: self._place,
            4: self._cancel,
            7: self._executions,
            16: self._open_orders,
            61: self._positions,
            62: self._summary,
            71: self._start,
            99: self._completed,
        }

    @property
    def connected(self) -> int:
        """How many clients there are."""
        return len(self._connections)

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self.drop_connections()
            await self._server.wait_closed()
            self._server = None

    def partial_fill(self, order: WireOrder, shares: Decimal, price: Decimal) -> WireExecution:
        """An execution that the gateway tells of whatever became of the order, as late fills are told."""
        told = self.book.execute(order, shares, price)
        self.tell_execution(told)
        return told

    async def restart(self, *, next_valid_id: int = 1) -> None:
        """As at night: connections end, and the next valid id is what it was long ago."""
        await self.close()
        self.next_valid_id = next_valid_id
        await self.open()

    def drop_connections(self) -> None:
        for connection in list(self._connections):
            connection.writer.transport.abort()

    def say(self, *told: Fields) -> None:
        """To everybody who is connected."""
        for connection in self._connections:
            connection.send(*told)

    def lose_servers(self, code: int = 1100) -> None:
        self.say(messages.error(-1, code, "Connectivity between IB and the gateway has been lost"))

    def restore_servers(self, code: int) -> None:
        self.say(messages.error(-1, code, "Connectivity between IB and the gateway has been restored"))

    def trade_bars(self, bars: Sequence[Bar], instruments: dict[str, Instrument]) -> None:
        self.book.hear(bars, instruments)
        self.tell_news()

    def tell_news(self) -> None:
        """Whoever placed an order is told what became of it."""
        for order, fresh in self.book.news():
            for told in fresh:
                self.tell_execution(told)
            self._tell_order(order)
        if self.book.cancel_groups():
            self.tell_news()

    def tell_execution(self, told: WireExecution) -> None:
        for connection in self._of_client(told.order.client_id):
            connection.send(messages.execution(told, -1))
            if self.script.commissions:
                connection.send(messages.commission(told))

    def tell_position(self, symbol: str, quantity: Decimal) -> None:
        """A message of its own, such as somebody's trade by hand brings."""
        self.say(messages.position(ACCOUNT, self.book.contract(symbol), quantity))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        self._connections.add(connection)
        try:
            assert await reader.readexactly(4) == b"API\0"
            versions = (await _next_message(reader)).decode()
            assert versions.startswith("v157..")
            connection.send([SERVER_VERSION, "20240304 09:30:00 EST"])
            while True:
                fields = (await _next_message(reader)).decode().split("\0")[:-1]
                self._answer(connection, int(fields[0]), fields)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(connection)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def _answer(self, connection: _Connection, number: int, fields: list[str]) -> None:
        self.asked.append(number)
        if number in self._handlers and number not in self.script.mute:
            self._handlers[number](connection, fields)
        self.script.after_answer.pop(number, lambda: None)()

    def _start(self, connection: _Connection, fields: list[str]) -> None:
        connection.client_id = int(fields[2])
        connection.send([15, 1, ACCOUNT], [9, 1, self.next_valid_id])
        connection.send(messages.error(-1, 2104, "Market data farm connection is OK:usfarm"))

    def _place(self, connection: _Connection, fields: list[str]) -> None:
        order = _order_of(fields, connection.client_id, perm_id=7_000_000 + len(self.book.arrived))
        order.contract = self.book.contract(fields[3])
        reaction = self.script.of(order.order_ref)
        if reaction in {Reaction.LOSE, Reaction.DROP_LOST}:
            if reaction is Reaction.DROP_LOST:
                connection.writer.transport.abort()
            return
        refusal = _REFUSALS.get(reaction)
        if refusal is not None or reaction is Reaction.INACTIVE:
            self._refuse(connection, order, refusal)
            return
        market_says = self.book.take(order)
        if market_says is not None:
            connection.send(messages.error(order.order_id, 201, f"Order rejected - reason:{market_says}"))
        elif reaction is Reaction.DROP_TAKEN:
            connection.writer.transport.abort()
            self.book.settle()
        elif reaction is Reaction.SAY_NOTHING:
            self.book.settle()
        else:
            self._acknowledge(connection, order, reaction)

    def _refuse(self, connection: _Connection, order: WireOrder, refusal: tuple[int, str] | None) -> None:
        order.status = "Inactive"
        self.book.arrived.append(order)
        if refusal is not None:
            connection.send(messages.error(order.order_id, *refusal))
        else:
            connection.send(messages.open_order(order), messages.order_status(order))

    def _acknowledge(self, connection: _Connection, order: WireOrder, reaction: Reaction) -> None:
        if reaction in _REMARKS:
            connection.send(messages.error(order.order_id, *_REMARKS[reaction]))
        self._tell_order(order)
        self.tell_news()
        if reaction is Reaction.CANCEL:
            self._cancel_order(order, "Cancelled by System")
        elif reaction is Reaction.REJECT_LATER:
            self.book.cancel(order, "Rejected by the exchange")
            connection.send(messages.error(order.order_id, 201, "Order rejected - reason:margin"))
            self.book.settle()

    def _cancel(self, connection: _Connection, fields: list[str]) -> None:
        number = int(fields[2])
        found = [order for order in self.book.arrived if order.order_id == number and not order.is_closed]
        if not found or found[0].client_id != connection.client_id:
            connection.send(
                messages.error(number, 10147, f"OrderId {number} that needs to be cancelled is not found.")
            )
            return
        self._cancel_order(found[0], "Cancelled by Trader")

    def _cancel_order(self, order: WireOrder, remark: str) -> None:
        self.book.cancel(order, remark)
        self.tell_news()
        for connection in self._of_client(order.client_id):
            connection.send(messages.error(order.order_id, 202, "Order Canceled - reason:"))

    def _open_orders(self, connection: _Connection, fields: list[str]) -> None:
        for order in self.book.arrived:
            if not order.is_closed or (order.status == "Inactive" and not order.remark):
                connection.send(messages.open_order(order), messages.order_status(order))
        connection.send([53, 1])

    def _completed(self, connection: _Connection, fields: list[str]) -> None:
        done = [order for order in self.book.arrived if order.is_closed and order.status != "Inactive"]
        connection.send(*(messages.completed_order(order) for order in done), [102])

    def _executions(self, connection: _Connection, fields: list[str]) -> None:
        number = int(fields[2])
        for told in self.book.executions:
            connection.send(messages.execution(told, number))
        if self.script.commissions:
            connection.send(*(messages.commission(told) for told in self.book.executions))
        connection.send([55, 1, number])

    def _positions(self, connection: _Connection, fields: list[str]) -> None:
        lags = self.script.positions_lag > 0
        self.script.positions_lag -= lags
        for symbol, quantity in self.book.positions().items():
            shown = Decimal(0) if lags else quantity
            connection.send(messages.position(ACCOUNT, self.book.contract(symbol), shown))
        connection.send([62, 1])

    def _summary(self, connection: _Connection, fields: list[str]) -> None:
        snapshot = self.book.engine.account(ACCOUNT)
        told = {
            "TotalCashValue": snapshot.cash,
            "NetLiquidation": snapshot.net_liquidation,
            "BuyingPower": snapshot.buying_power,
        }
        for tag in fields[4].split(","):
            connection.send([63, 1, fields[2], ACCOUNT, tag, told[tag], snapshot.currency])
        connection.send([64, 1, fields[2]])

    def _market_data(self, connection: _Connection, fields: list[str]) -> None:
        number = int(fields[2])
        try:
            quote = self.book.engine.quote(fields[4].replace(" ", "."))
        except NotFound:
            connection.send(
                messages.error(number, 200, "No security definition has been found for the request")
            )
            return
        connection.send([58, 1, number, self.script.prices])
        bid, ask = (66, 67) if self.script.prices == 3 else (1, 2)
        connection.send([1, 6, number, bid, quote.bid, 100, 0], [1, 6, number, ask, quote.ask, 100, 0])
        connection.send([57, 1, number])

    def _tell_order(self, order: WireOrder) -> None:
        for connection in self._of_client(order.client_id):
            connection.send(messages.open_order(order), messages.order_status(order))

    def _of_client(self, client_id: int) -> list[_Connection]:
        return [connection for connection in self._connections if connection.client_id == client_id]


_REFUSALS = {
    Reaction.REJECT: (201, "Order rejected - reason:insufficient margin"),
    Reaction.WRONG_PRICE: (
        110,
        "The price does not conform to the minimum price variation for this contract.",
    ),
    Reaction.NO_CONTRACT: (200, "No security definition has been found for the request"),
}
_REMARKS = {
    Reaction.PRESET: (10349, "Order TIF was set to DAY based on order preset."),
    Reaction.UNKNOWN_CODE: (478, "A code that is in no table"),
}


async def _next_message(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return await reader.readexactly(length)


def _order_of(fields: list[str], client_id: int, *, perm_id: int) -> WireOrder:
    """The fields of PLACE_ORDER in the layout of server version 178."""
    return WireOrder(
        order_id=int(fields[1]),
        client_id=client_id,
        perm_id=perm_id,
        order_ref=fields[26],
        account=fields[23],
        contract=messages.WireContract(0, fields[3]),
        action=fields[16],
        quantity=Decimal(fields[17]),
        order_type=fields[18],
        limit_price=fields[19],
        stop_price=fields[20],
        time_in_force=fields[21],
        outside_rth=fields[33],
        oca_group=fields[22],
        oca_type=fields[46],
    )


@asynccontextmanager
async def open_gateway(clock: Clock) -> AsyncIterator[ScriptedGateway]:
    gateway = ScriptedGateway(clock)
    await gateway.open()
    try:
        yield gateway
    finally:
        await gateway.close()
        gateway.book.engine.close()
