"""Everything a port asks for, within the process: for tests, simulations and dry runs.

    database = MemoryDatabase()
    unit_of_work, event_bus = MemoryUnitOfWork(database), MemoryEventBus(database)

It is as strict as the real adapters (an order needs a stored signal of a loadable artifact, a signal needs a
stored artifact) and passes the same contract tests. Nothing outlives the process.
"""
