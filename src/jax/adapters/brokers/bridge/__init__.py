"""The broker that is a bridge somewhere else, spoken to over HTTP."""
