"""Interactive Brokers behind the port Venue, through the client of ib_async."""
