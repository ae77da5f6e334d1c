"""The brokers, one package each."""
