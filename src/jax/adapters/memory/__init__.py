"""Everything a port asks for, within the process: for tests, simulations and dry runs.

    database = MemoryDatabase()
    unit_of_work, event_bus = MemoryUnitOfWork(database), MemoryEventBus(database)

It is as strict as the real adapters (an order needs a stored signal of a loadable artifact, a signal needs a
stored artifact, a step of an artifact all that the gate asks for) and passes the same contract tests. It has
no clock: what has expired is judged by the newest entry of the audit log, and for an order by its own time if
that is later. Nothing outlives the process.
"""
