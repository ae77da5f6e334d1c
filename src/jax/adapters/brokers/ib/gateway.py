"""Where the gateway is, and how long it is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gateway:
    """The IB Gateway or TWS at `host` and `port`, the account that is traded, and this client's number.

    A client number belongs to one bridge: the gateway lets nobody else cancel what it has placed.
    """

    host: str
    port: int
    account: str
    client_id: int

    def __str__(self) -> str:
        return f"the IB gateway at {self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds what is waited for.

    `answer_seconds`: an answer, after which the gateway is left and met again. `order_seconds`: a word about
    an order that was placed or canceled, after which it is asked about. `quote_seconds`: prices.
    `reconnect_seconds`: before the next try. `commission_seconds`: what an execution costs, after which the
    execution is told without it. `position_seconds`: a position that covers a way out, since positions may
    follow their executions late.
    """

    answer_seconds: float = 10.0
    order_seconds: float = 3.0
    quote_seconds: float = 3.0
    reconnect_seconds: float = 2.0
    commission_seconds: float = 5.0
    position_seconds: float = 2.0
