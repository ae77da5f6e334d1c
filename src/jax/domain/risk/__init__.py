"""Whether an order may be sent, and how large: rules over recorded inputs, decided in one place."""
