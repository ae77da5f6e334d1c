"""ib-bridge: the broker's side of the wire."""
