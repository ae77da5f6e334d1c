"""An exchange that answers while the test waits for a process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.exchange_server.book import ExchangeBook
from tests.exchange_server.server import Exchange, Words, running_exchange


@contextmanager
def exchange_in_a_thread(book: ExchangeBook, make_words: Callable[[Exchange], Words]) -> Iterator[Exchange]:
    """As running_exchange, on a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="exchange")
    thread.start()
    running = running_exchange(book, make_words)
    try:
        exchange = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(10)
        try:
            yield exchange
        finally:
            asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
