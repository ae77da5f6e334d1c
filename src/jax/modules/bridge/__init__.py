"""Stands between traders and a venue, so that no order is lost or doubled on the way."""
