"""What is on record about an entry, in memory."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jax.adapters.memory.account_controls import MemoryAccountControls
from jax.adapters.memory.artifact_store import MemoryArtifactStore
from jax.adapters.memory.order_store import MemoryOrderStore
from jax.adapters.memory.reference_data import MemoryReferenceData
from jax.adapters.memory.signal_store import MemorySignalStore
from jax.domain.instrument import Instrument
from jax.domain.order import Order
from jax.domain.session import ExchangeSession
from jax.ports.entry_grounds import EntryGround, SignalOnRecord, Standing
from jax.ports.errors import NotFound

_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MemoryEntryGrounds:
    """Asks the stores of its transaction."""

    artifacts: MemoryArtifactStore
    signals: MemorySignalStore
    orders: MemoryOrderStore
    controls: MemoryAccountControls
    reference: MemoryReferenceData

    async def before(self, signal_id: str) -> SignalOnRecord:
        signal = await self.signals.read(signal_id)
        return SignalOnRecord(signal, await self.orders.trade_of_signal(signal_id))

    async def locked(self, account: str, *, signal_id: str, at: datetime) -> EntryGround:
        await self.orders.lock_account(account)
        signal = await self.signals.get(signal_id)
        instrument = await self._instrument(signal.symbol)
        return EntryGround(
            signal=signal,
            trade=await self.orders.trade_of_signal(signal_id),
            standing=await self.standing(account, artifact_id=signal.artifact_id),
            instrument=instrument,
            session=None if instrument is None else await self._session(instrument.mic, at),
            entered_elsewhere=await self.orders.count_recorded(
                signal.artifact_hash, besides=account, after=at - _A_MINUTE
            ),
        )

    async def order(self, account: str, *, client_order_id: str) -> Order:
        await self.orders.lock_account(account)
        return await self.orders.get(client_order_id)

    async def standing(self, account: str, *, artifact_id: str) -> Standing:
        return Standing(await self.artifacts.is_loadable(artifact_id), await self.controls.get(account))

    async def _instrument(self, symbol: str) -> Instrument | None:
        try:
            return await self.reference.instrument(symbol)
        except NotFound:
            return None

    async def _session(self, mic: str, at: datetime) -> ExchangeSession | None:
        try:
            return await self.reference.last_session_opened(mic, at)
        except NotFound:
            return None
