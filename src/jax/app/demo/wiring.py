"""Builds the demo's research side and gate over the folder `home`; the trader is a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jax.adapters.local_object_store.local_object_store import LocalObjectStore
from jax.adapters.parquet.parquet_market_data import ParquetMarketData
from jax.adapters.postgres.unit_of_work import PostgresUnitOfWork
from jax.adapters.system.system_clock import SystemClock
from jax.adapters.system.uuid_id_source import UuidIdSource
from jax.app.database_wiring import open_database
from jax.app.demo.people import settle
from jax.app.demo.promotion import DemoPromotion, PromotionParts
from jax.app.gate_wiring import trust_source
from jax.app.research.research import Research
from jax.app.research.wiring import build_research
from jax.modules.artifacts.gate_authority import TrustSource
from jax.modules.artifacts.submit_artifact import SubmitArtifact
from jax.modules.artifacts.view_artifact import ViewArtifact, ViewParts
from jax.ports.clock import Clock
from jax.ports.market_data import MarketData
from jax.ports.object_store import ObjectStore
from jax.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class DemoParts:
    """What the demo does its steps with."""

    research: Research
    bars: MarketData
    objects: ObjectStore
    unit_of_work: UnitOfWork
    submit: SubmitArtifact
    promotion: DemoPromotion
    trust: TrustSource
    clock: Clock
    home: Path


@asynccontextmanager
async def open_demo(home: Path, database_url: str | None) -> AsyncIterator[DemoParts]:
    """The demo's parts on a database at the newest schema."""
    clock, objects = SystemClock(), LocalObjectStore(home / "objects")
    async with open_database(home, database_url) as database:
        unit_of_work, trust = PostgresUnitOfWork(database), trust_source(home)
        yield DemoParts(
            research=build_research(home),
            bars=ParquetMarketData(home / "market_data"),
            objects=objects,
            unit_of_work=unit_of_work,
            submit=SubmitArtifact(
                unit_of_work=unit_of_work, object_store=objects, clock=clock, ids=UuidIdSource()
            ),
            promotion=DemoPromotion(
                PromotionParts(
                    unit_of_work=unit_of_work,
                    clock=clock,
                    trust=trust,
                    people=settle(home, clock),
                    viewer=ViewArtifact(ViewParts(unit_of_work, objects, clock, trust)),
                )
            ),
            trust=trust,
            clock=clock,
            home=home,
        )
