"""The system of record on Postgres 15 or newer, by SQLAlchemy Core and asyncpg.

PostgresDatabase(url) is the pool; PostgresUnitOfWork(database) opens transactions; PostgresEventBus(database)
hears hints; trader_lock(database, account) keeps a second trader away; migrate_to_head(url) makes the tables.
"""
