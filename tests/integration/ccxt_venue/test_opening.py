"""What keeps a venue from being opened is said in one sentence, and no secret in it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jax.adapters.brokers.ccxt.exchange_line import Credentials
from jax.adapters.brokers.ccxt.open_venue import CcxtAccount, open_ccxt_venue
from jax.adapters.memory.clock import SettableClock
from jax.domain.errors import InvalidValue
from jax.ports.errors import PortError, Unavailable
from tests.contract.ccxt_venues import WORDS, a_book, account_of
from tests.exchange_server.book import Pair
from tests.exchange_server.faults import Fault
from tests.exchange_server.server import API_KEY, SECRET, running_exchange

NOWHERE = "http://127.0.0.1:1"


async def problem_of(account: CcxtAccount, folder: Path, clock: SettableClock) -> str:
    with pytest.raises((PortError, InvalidValue)) as raised:
        async with open_ccxt_venue(folder / "orders.sqlite3", account, clock=clock):
            pass
    told = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert SECRET not in told
    assert "signature" not in told
    return str(raised.value)


async def test_an_exchange_that_nobody_knows(tmp_path: Path, clock: SettableClock) -> None:
    said = await problem_of(account_of("binanceuk", NOWHERE), tmp_path, clock)
    assert "ccxt knows no exchange 'binanceuk'" in said


async def test_an_exchange_that_carries_no_names_is_refused_by_name(
    tmp_path: Path, clock: SettableClock
) -> None:
    said = await problem_of(account_of("bitflyer", NOWHERE), tmp_path, clock)
    assert said.startswith("bitflyer cannot be traded here: ccxt carries no client order id to it and back")


@pytest.mark.parametrize("name", ["kraken", "okx", "coinbase", "bybit"])
async def test_any_exchange_that_carries_names_is_taken(
    name: str, tmp_path: Path, clock: SettableClock
) -> None:
    said = await problem_of(account_of(name, NOWHERE), tmp_path, clock)
    assert said.startswith(f"{name} lists no markets (no answer, ")


async def test_an_exchange_that_cannot_do_what_is_needed(tmp_path: Path, clock: SettableClock) -> None:
    said = await problem_of(account_of("coinspot", NOWHERE), tmp_path, clock)
    assert said == "coinspot cannot be traded here: ccxt has no fetchOpenOrders, fetchOrders for it"


@pytest.mark.parametrize("name", WORDS)
async def test_keys_that_the_exchange_does_not_know(name: str, tmp_path: Path, clock: SettableClock) -> None:
    async with running_exchange(a_book(clock), WORDS[name]) as exchange:
        for credentials in (
            Credentials("another-key", SECRET),
            Credentials(API_KEY, SECRET.replace("d", "e")),
        ):
            account = replace(account_of(name, exchange.url), credentials=credentials)
            said = await problem_of(account, tmp_path, clock)
            assert said.startswith(f"{name} does not show the account: are the keys right? (HTTP 40")
            assert "another-key" not in said


@pytest.mark.parametrize(
    ("symbols", "said"),
    [
        ({"TSLA": "TSLA/USD"}, "TSLA/USD is no spot market of the venue"),
        ({"AAPL": "AAPL/USD", "X": "AAPL/USDT"}, "must name markets of one quote currency, not USD, USDT"),
        ({"X": "AAPL/USDT"}, "'USDT' is not a currency code of three letters"),
        ({"AAPL": "AAPL/USD", "X": "AAPL/USD"}, "names AAPL twice"),
        ({}, "must name markets of one quote currency, not none"),
    ],
)
async def test_markets_that_cannot_be_traded_from_one_account(
    symbols: dict[str, str], said: str, tmp_path: Path, clock: SettableClock
) -> None:
    book = a_book(clock)
    book.pairs["AAPLUSDT"] = Pair("AAPL", "USDT")
    async with running_exchange(book, WORDS["binanceus"]) as exchange:
        account = replace(account_of("binanceus", exchange.url), symbols=symbols)
        assert said in await problem_of(account, tmp_path, clock)


@pytest.mark.parametrize("seconds", [-2, 2])
async def test_a_clock_that_is_not_the_exchanges(seconds: int, tmp_path: Path, clock: SettableClock) -> None:
    theirs = SettableClock(clock.now() + timedelta(seconds=seconds))
    async with running_exchange(a_book(theirs), WORDS["binanceus"]) as exchange:
        said = await problem_of(account_of("binanceus", exchange.url), tmp_path, clock)
        assert f"differs from that of binanceus by {-seconds * 1000} milliseconds" in said


async def test_a_record_that_another_bridge_uses(tmp_path: Path, clock: SettableClock) -> None:
    async with running_exchange(a_book(clock), WORDS["binanceus"]) as exchange:
        account = account_of("binanceus", exchange.url)
        async with open_ccxt_venue(tmp_path / "orders.sqlite3", account, clock=clock):
            assert "cannot be opened" in await problem_of(account, tmp_path, clock)


async def test_a_record_of_another_version_is_left_alone(tmp_path: Path, clock: SettableClock) -> None:
    async with running_exchange(a_book(clock), WORDS["binanceus"]) as exchange:
        account = account_of("binanceus", exchange.url)
        async with open_ccxt_venue(tmp_path / "orders.sqlite3", account, clock=clock) as venue:
            venue.sent._connection.execute("PRAGMA user_version = 7")
        assert "has format 7" in await problem_of(account, tmp_path, clock)


@pytest.mark.parametrize("fault", [Fault("STATUS", status=503), Fault("RESET"), Fault("GARBAGE")])
async def test_no_error_tells_the_address_of_a_signed_request(
    fault: Fault, tmp_path: Path, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    async with running_exchange(a_book(clock), WORDS["binanceus"]) as exchange:
        account = account_of("binanceus", exchange.url)
        async with open_ccxt_venue(tmp_path / "orders.sqlite3", account, clock=clock) as venue:
            exchange.faults.waiting.append(replace(fault, method="GET", path="/account", times=2))
            with pytest.raises(Unavailable) as raised:
                await venue.positions("binanceus")
    error: BaseException | None = raised.value
    while error is not None:
        assert "signature" not in repr(error)
        assert API_KEY not in repr(error)
        error = error.__cause__ or error.__context__
    assert "signature" not in caplog.text
    assert API_KEY not in caplog.text


def test_credentials_are_in_no_text() -> None:
    assert repr(Credentials("key-of-mine", "secret-of-mine")) == "Credentials()"
