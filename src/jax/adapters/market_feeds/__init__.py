"""Where ticks and bars come from: a bridge that is polled, a WebSocket, bars of another time."""
